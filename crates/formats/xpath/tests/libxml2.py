"""Prints what libxml2 makes of XPath 1.0 expressions and of documents: the judge of `xpath1.txt` and of the parser.

In: files of expressions as `saxon.py` reads them. Out: one line for each: nodes as `node:` and their path, joined by `|`,
other values as `xs:type:lexical`, or `!1` when libxml2 refuses the expression.
With `--documents FILE…`: documents, one a line as `read` says. Out: `!` when it is not well-formed, `!URI` when only
the name of a namespace is no URI, else every node in
document order, joined by `|`: kind, name, value; an element has its line in place of a value.
It knows nothing of our engine. It needs the package `lxml`.
"""

import os
import re
import sys

from lxml import etree

NAMESPACES = {"p": "urn:p", "q": "urn:q", "xsi": "http://www.w3.org/2001/XMLSchema-instance"}


def written(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def expanded(tag):
    return "Q" + tag if tag.startswith("{") else "Q{}" + tag


def siblings_before(node):
    parent = node.getparent()
    if parent is not None:
        return [it for it in parent if parent.index(it) < parent.index(node)]
    return list(node.itersiblings(preceding=True))


def step(node):
    before = siblings_before(node)
    if node.tag is etree.Comment:
        return "comment()[%d]" % (1 + sum(it.tag is etree.Comment for it in before))
    if node.tag is etree.PI:
        return 'processing-instruction("%s")[%d]' % (
            node.target, 1 + sum(it.tag is etree.PI and it.target == node.target for it in before))
    return "%s[%d]" % (expanded(node.tag), 1 + sum(it.tag == node.tag for it in before))


def path(node):
    at = []
    while node is not None:
        at.append("/" + step(node))
        node = node.getparent()
    return "".join(reversed(at))


def text_path(text):
    owner = text.getparent()
    if text.is_attribute:
        return path(owner) + "/@" + expanded(text.attrname)
    parent, n = (owner, 1) if text.is_text else (owner.getparent(), 1)
    if text.is_tail:
        n = int(bool(parent.text)) + sum(bool(it.tail) for it in siblings_before(owner)) + 1
    return path(parent) + "/text()[%d]" % n


def item(value):
    if isinstance(value, str):
        return "node:" + text_path(value)
    if isinstance(value, tuple):
        return "node:namespace"
    return "node:" + path(value)


def number(value):
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "INF" if value > 0 else "-INF"
    return repr(value)


def verdict(expression, document):
    try:
        found = etree.XPath(expression, namespaces=NAMESPACES)(document)
    except etree.XPathError:
        return "!1"
    if isinstance(found, bool):
        return "xs:boolean:" + str(found).lower()
    if isinstance(found, float):
        return "xs:double:" + number(found)
    if isinstance(found, str):
        return "xs:string:" + written(found)
    return "|".join(item(it) for it in found)


def dump(node, out):
    if node.tag is etree.Comment:
        out.append("comment::" + written(node.text or ""))
    elif node.tag is etree.PI:
        out.append("pi:%s:%s" % (node.target, written(node.text or "")))
    else:
        out.append("element:%s:%d" % (expanded(node.tag), node.sourceline))
        for name, value in node.attrib.items():
            out.append("attribute:%s:%s" % (expanded(name), written(value)))
        if node.text:
            out.append("text::" + written(node.text))
        for child in node:
            dump(child, out)
            if child.tail:
                out.append("text::" + written(child.tail))


def read(line):
    """The bytes of a document: UTF-8, with `\\n`, `\\r`, `\\t`, `\\\\` and `\\x` before two digits."""
    known = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}
    found = lambda it: bytes.fromhex(it.group(1)[1:].decode()) if it.group(1)[:1] == b"x" else known[it.group(1)]
    return re.sub(rb"\\(x[0-9A-Fa-f]{2}|.)", found, line)


def tree(source):
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
        root = etree.fromstring(source, parser)
    except etree.XMLSyntaxError:
        is_name_only = all(it.type_name in ("WAR_NS_URI", "WAR_NS_URI_RELATIVE") for it in parser.error_log)
        return "!URI" if is_name_only else "!"
    out = []
    for node in list(reversed(list(root.itersiblings(preceding=True)))) + [root] + list(root.itersiblings()):
        dump(node, out)
    return "|".join(out)


def main(paths):
    sys.stdout.reconfigure(encoding="utf-8")
    if paths[:1] == ["--documents"]:
        for name in paths[1:]:
            for line in open(name, "rb"):
                line = line.rstrip(b"\n")
                if line and not line.startswith(b"(:"):
                    print(tree(read(line.split(b" (: ours ")[0])))
        return
    for name in paths:
        document = etree.ElementTree(etree.Element("none"))
        for line in open(name, encoding="utf-8"):
            line = line.rstrip("\n")
            directive = re.fullmatch(r"\(: document: (\S+) :\)", line)
            if directive:
                document = etree.parse(os.path.join(os.path.dirname(name), directive.group(1)))
            elif line and not line.startswith("(:"):
                print(verdict(line.split(" (: ours ")[0], document))


if __name__ == "__main__":
    main(sys.argv[1:])
