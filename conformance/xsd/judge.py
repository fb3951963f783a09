"""libxml2's verdict on documents, one process for all of them.

In: the schema's path as argument; on the standard input, each document as its length in decimal, a line feed, its bytes.
Out: a line per document, `valid`, `invalid` or `malformed`, then a tab and the first error.
With `--time N`: each document is parsed and validated N times, and the line starts with `parse validate`, the least CPU
time of either in microseconds; the first line is then the time to compile the schema.
Exit code 3: lxml or the schema is missing.
"""

import sys
import time

try:
    from lxml import etree
except ImportError:
    print("skipped: the Python package lxml is missing")
    sys.exit(3)


def documents(stream):
    while length := stream.readline().strip():
        yield stream.read(int(length))


def least(n, run):
    times = []
    for _ in range(n):
        start = time.process_time_ns()
        run()
        times.append(time.process_time_ns() - start)
    return min(times) / 1000


def main(arguments):
    timed = 0
    if "--time" in arguments:
        at = arguments.index("--time")
        timed = int(arguments[at + 1])
        del arguments[at : at + 2]
    try:
        start = time.process_time_ns()
        schema = etree.XMLSchema(etree.parse(arguments[0]))
        compiled = (time.process_time_ns() - start) / 1000
    except OSError:
        print("skipped: the schema is missing")
        return 3
    parser = etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True)
    if timed:
        print(f"{compiled:.0f}", flush=True)
    for document in documents(sys.stdin.buffer):
        try:
            tree = etree.fromstring(document, parser)
        except etree.XMLSyntaxError as error:
            print(f"malformed\t{error}".replace("\n", " "), flush=True)
            continue
        if timed:
            parse = least(timed, lambda: etree.fromstring(document, parser))
            validate = least(timed, lambda: schema.validate(tree))
            print(f"{parse:.1f} {validate:.1f}", flush=True)
        elif schema.validate(tree):
            print("valid\t", flush=True)
        else:
            print(f"invalid\t{schema.error_log[0]}".replace("\n", " "), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
