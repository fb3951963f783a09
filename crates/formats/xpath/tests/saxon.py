"""Prints what Saxon-HE makes of XPath 2.0 expressions: the judge of `tests/cases/*.txt`.

In: files, one expression a line; empty lines and lines that start with `(:` are passed over.
A line `(: XPath 3.1 :)` sets the version for those that follow, 2.0 at the start of a file.
A line `(: document: nodes.xml :)` names the document, beside the file, that those that follow are evaluated at; none at the start.
Out: one line for each expression: its items as `type:lexical` joined by `|`, or `!CODE` when Saxon refuses it.
Line breaks and backslashes in values are written `\\n`, `\\r`, `\\\\`. Nodes are written `node:` and their path, as `fn:path` gives it.
It knows nothing of our engine. It needs the package `saxonche`.
"""

import os
import re
import sys

import saxonche

NAMESPACES = {
    "xs": "http://www.w3.org/2001/XMLSchema",
    "fn": "http://www.w3.org/2005/xpath-functions",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "p": "urn:p",
    "q": "urn:q",
}


def written(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def item(value, paths):
    if not value.is_atomic:
        paths.set_context(xdm_item=value)
        path = paths.evaluate("path(.)").head.string_value
        path = re.sub(r"processing-instruction\((.*?)\)", r'processing-instruction("\1")', path)
        return "node:" + re.sub(r"/@(?!Q\{)", "/@Q{}", path)
    name = re.sub(r"^Q\{.*\}", "xs:", value.get_atomic_value().primitive_type_name)
    return name + ":" + written(value.string_value)


def code_of(queries, expression):
    """XPath processors of saxonche give a message without its code: XQuery, which has `try`, gives it."""
    query = "try { %s } catch * { $err:code }" % expression.replace("&", "&amp;")
    try:
        result = queries.run_query_to_value(query_text=query)
        text = result.head.string_value if result is not None else ""
    except Exception as error:  # saxonche has one class for all
        text = str(error)
    code = re.search(r"\b(?:X[PQST]|FO|SX)[A-Z]{2}\d{4}\b", text)
    return "!" + (code.group(0) if code else "?")


def verdict(processor, queries, paths, expression):
    try:
        result = processor.evaluate(expression)
    except Exception:  # saxonche has one class for all
        return code_of(queries, expression)
    if result is None:
        return ""
    return "|".join(item(result.item_at(i), paths) for i in range(result.size))


def main(paths):
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    with saxonche.PySaxonProcessor(license=False) as saxon:
        builder = saxon.new_document_builder()
        for path in paths:
            processor, queries, of_nodes = saxon.new_xpath_processor(), saxon.new_xquery_processor(), saxon.new_xpath_processor()
            for prefix, namespace in NAMESPACES.items():
                processor.declare_namespace(prefix, namespace)
                queries.declare_namespace(prefix, namespace)
            processor.set_language_version("2.0")
            of_nodes.set_language_version("3.1")
            lines = sys.stdin if path == "-" else open(path, encoding="utf-8")
            for line in lines:
                line = line.rstrip("\n")
                version = re.fullmatch(r"\(: XPath (\d\.\d) :\)", line)
                document = re.fullmatch(r"\(: document: (\S+) :\)", line)
                if version:
                    processor.set_language_version(version.group(1))
                elif document:
                    context = builder.parse_xml(xml_file_name=os.path.join(os.path.dirname(path), document.group(1)))
                    processor.set_context(xdm_item=context)
                    queries.set_context(xdm_item=context)
                elif line and not line.startswith("(:"):
                    print(verdict(processor, queries, of_nodes, line))


if __name__ == "__main__":
    main(sys.argv[1:] or ["-"])
