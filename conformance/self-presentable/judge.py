#!/usr/bin/env python3
"""Opens self-presentable documents with processors that are not ours, and pages with a reader that is not ours.

In: files that are stylesheets and documents at once, or HTML pages (*.html). Out: a JSON object per file, one line: the
words that libxslt and Saxon show, in order, and the elements and addresses that they write; for a page, its own.
Exit 0: every file was shown by both. 1: one was not. 3: a tool is missing.
"""

import json
import re
import sys

try:
    from lxml import etree, html
    from saxonche import PySaxonProcessor
except ImportError as missing:
    print(f"skipped: python module {missing.name} is missing (pip install saxonche lxml)")
    sys.exit(3)


def shown(page):
    tree = html.document_fromstring(page)
    addresses = [value for element in tree.iter() for name, value in element.attrib.items() if name in ("src", "href")]
    words = " ".join(text for element in tree.body.iter() for text in (element.text, element.tail) if text)
    return {
        "words": re.sub(r"\s+", " ", words),
        "elements": sorted({str(element.tag) for element in tree.iter() if isinstance(element.tag, str)}),
        "attributes": sorted({name for element in tree.iter() for name in element.attrib}),
        "curves": len(tree.xpath("//*[@class='cda-trend']")),
        "addresses": [address[:60] for address in addresses],
    }


def main():
    with PySaxonProcessor(license=False) as processor:
        for path in sys.argv[1:]:
            if path.endswith(".html"):
                with open(path, encoding="utf-8") as page:
                    print(json.dumps({"page": shown(page.read())}))
                continue
            parser = etree.XMLParser(huge_tree=True, no_network=True, resolve_entities=False)
            document = etree.parse(path, parser)
            access = etree.XSLTAccessControl.DENY_ALL
            libxslt = etree.XSLT(document, access_control=access)(document)
            saxon = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=path)
            by_saxon = saxon.transform_to_string(source_file=path)
            print(json.dumps({"libxslt": shown(str(libxslt)), "saxon": shown(by_saxon)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
