#!/usr/bin/env python3
"""Judges CR-BIO and BIO-TROD 2024.01 documents with the official XSD and the official schematrons.

In: CDA files, and mutants that must be caught. Out: one line per document and judge.
Exit 0: every document is clean and every mutant caught. 1: not so. 3: a tool or the oracle is missing.

The schematrons run as the publisher runs them: ISO skeleton, then Saxon.
Nothing is written into the oracle: its schematrons are copied to the cache and repaired there
(include names that differ by letter case, a value set that was not published under the name used).
"""

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

try:
    from lxml import etree
    from saxonche import PySaxonProcessor
except ImportError as missing:
    print(f"skipped: python module {missing.name} is missing (pip install saxonche lxml)")
    sys.exit(3)

SCH = "http://purl.oclc.org/dsdl/schematron"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
STRUCMIN = "schematrons/profils/structurationMinimale"
SCHEMATRONS = {
    "cr-bio": "schematrons/CI-SIS_BIO-CR-BIO_2024.01.sch",
    "modeles-cda": "schematrons/profils/CI-SIS_ModelesDeContenusCDA.sch",
    "modeles-ans": "schematrons/profils/CI-SIS_Modeles_ANS.sch",
    "ihe": "schematrons/profils/IHE.sch",
    "terminologies": "schematrons/profils/terminologies/schematron/terminologie.sch",
    "strucmin": f"{STRUCMIN}/ASIP-STRUCT-MIN-StrucMin.sch",
    "trod": "schematrons/CI-SIS_BIO-TROD_2024.01.sch",
}
# The judges of one volet, which have nothing to say about another.
VOLETS = ("cr-bio", "trod")
# What is found in a document that a schematron has nothing to say about.
SILENT = "no rule fired"
PIPELINE = ["iso_dsdl_include.xsl", "iso_abstract_expand.xsl", "iso_svrl_for_xslt2.xsl"]
COPIED = ["schematrons/abstract", "schematrons/include", "schematrons/profils", "jeuxDeValeurs"]


def cache_home():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "paillasse"


def oracle():
    root = Path(os.environ.get("PAILLASSE_ORACLES") or cache_home() / "oracles") / "ans"
    return root if (root / SCHEMATRONS["cr-bio"]).is_file() else None


def workshop(root, processor):
    """The repaired copy with its compiled stylesheets, made once per state of the oracle and of this file."""
    state = hashlib.sha256(Path(__file__).read_bytes())
    for folder in [*COPIED, "schematrons/moteur"]:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                state.update(f"{path.relative_to(root)} {path.stat().st_size}\n".encode())
    home = cache_home() / "conformance"
    done = home / f"cr-bio-{state.hexdigest()[:16]}"
    if not done.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=home))
        for folder in COPIED:
            shutil.copytree(root / folder, making / folder)
        for volet in VOLETS:
            shutil.copy(root / SCHEMATRONS[volet], making / "schematrons")
        repair_includes(making)
        repair_type_codes(making)
        compile_all(root, making, processor)
        try:
            making.rename(done)
        except OSError:  # another process was faster
            shutil.rmtree(making)
    return done


def repair_includes(copy):
    for schema in list((copy / "schematrons").rglob("*.sch")):
        try:
            includes = etree.parse(str(schema)).iter(f"{{{SCH}}}include")
        except etree.XMLSyntaxError:
            continue  # broken files of other volets, which nothing here includes
        for include in includes:
            wanted = Path(os.path.normpath(schema.parent / include.get("href")))
            if wanted.exists() or not wanted.parent.is_dir():
                continue
            twins = [it for it in wanted.parent.iterdir() if it.name.lower() == wanted.name.lower()]
            if twins:
                shutil.copy(twins[0], wanted)


def repair_type_codes(copy):
    """Structuration minimale opens the document type codes under a file name that was not published."""
    wanted = copy / STRUCMIN / "include/voc-1.2.250.1.213.1.1.5.471-DYNAMIC.xml"
    if wanted.exists():
        return
    published = next((copy / "jeuxDeValeurs").glob("JDV_J07*"))
    sets = etree.Element("valueSets")
    concepts = etree.SubElement(etree.SubElement(sets, "valueSet"), "conceptList")
    for concept in etree.parse(str(published)).iter("{*}Concept"):
        etree.SubElement(concepts, "concept", code=concept.get("code"), codeSystem=concept.get("codeSystem"))
    etree.ElementTree(sets).write(str(wanted), encoding="utf-8")


def compile_all(root, copy, processor):
    for schema in SCHEMATRONS.values():
        source = copy / schema
        for step, stylesheet in enumerate(PIPELINE):
            target = copy / schema.replace(".sch", f".step{step}.xml")
            if step == len(PIPELINE) - 1:
                target = compiled(copy, schema)
            executable = processor.new_xslt30_processor().compile_stylesheet(
                stylesheet_file=str(root / "schematrons/moteur" / stylesheet)
            )
            executable.transform_to_file(source_file=str(source), output_file=str(target))
            source = target


def compiled(copy, schema):
    """Beside the schematron: its `document()` paths start there."""
    return copy / schema.replace(".sch", ".compiled.xsl")


def xsd_judge(root):
    schema = etree.XMLSchema(etree.parse(str(root / "infrastructure/cda/CDA_extended.xsd")))
    parser = etree.XMLParser(huge_tree=True, no_network=True, resolve_entities=False)

    def judge(path):
        try:
            document = etree.parse(str(path), parser)
        except etree.XMLSyntaxError as error:
            return [str(error)]
        schema.validate(document)
        return [f"line {error.line}: {error.message}" for error in schema.error_log]

    return judge


def schematron_judge(processor, stylesheet):
    executable = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(stylesheet))

    def judge(path):
        try:
            report = executable.transform_to_string(source_file=str(path))
        except Exception as error:  # a document that stops the official rules is not a clean one
            return [f"the schematron stopped: {error}"]
        svrl = etree.fromstring(report.encode(), etree.XMLParser(huge_tree=True))
        if next(svrl.iter(f"{SVRL}fired-rule"), None) is None:
            return [SILENT]
        findings = [*svrl.iter(f"{SVRL}failed-assert"), *svrl.iter(f"{SVRL}successful-report")]
        return [f"{it.get('location', '')}: {' '.join(''.join(it.itertext()).split())}" for it in findings]

    return judge


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("documents", nargs="*", type=Path, help="files that must be clean")
    arguments.add_argument("--common", action="append", default=[], metavar="FILE", type=Path,
                           help="a file that must be clean for the schema and the five schematrons of every volet")
    arguments.add_argument("--trod", action="append", default=[], metavar="FILE", type=Path,
                           help="a file that must be clean for the schema, the five schematrons and that of rapid tests")
    arguments.add_argument("--mutant", action="append", default=[], metavar="JUDGE=FILE",
                           help="a file in which this judge must find something")
    arguments.add_argument("--most", type=int, default=12, help="findings printed for a document and judge")
    arguments = arguments.parse_args()
    mutants = [mutant.partition("=")[::2] for mutant in arguments.mutant]

    root = oracle()
    if root is None:
        print("skipped: the official schematrons are not in the oracle folder")
        return 3
    with PySaxonProcessor(license=False) as processor, tempfile.TemporaryDirectory() as folder:
        copy = workshop(root, processor)
        judges = {"xsd": lambda: xsd_judge(root)}
        for name, schema in SCHEMATRONS.items():
            judges[name] = lambda schema=schema: schematron_judge(processor, compiled(copy, schema))

        def plain(path, number):
            """Saxon's file names are not safe beyond ASCII."""
            target = Path(folder) / f"{number}.xml"
            shutil.copy(path, target)
            return target

        documents = [(path, plain(path, n)) for n, path in enumerate(arguments.documents)]
        common = [(path, plain(path, f"c{n}")) for n, path in enumerate(arguments.common)]
        rapid = [(path, plain(path, f"t{n}")) for n, path in enumerate(arguments.trod)]
        altered = [(judge, Path(path), plain(path, f"m{n}")) for n, (judge, path) in enumerate(mutants)]
        n_bad = 0
        for name, make in judges.items():
            started = time.monotonic()
            judge = make()
            judged = documents if name != "trod" else []
            judged = judged + (common if name not in VOLETS else []) + (rapid if name != "cr-bio" else [])
            for path, document in judged:
                findings = judge(document)
                if path in arguments.common + arguments.trod and name not in VOLETS and findings == [SILENT]:
                    print(f"-- {name} {path.name} has no rule for it")
                    continue
                print(f"{'ok' if not findings else 'KO'} {name} {path.name} {len(findings)} finding(s)")
                for finding in findings[: arguments.most]:
                    print(f"   {finding}")
                n_bad += bool(findings)
            for _, path, document in (it for it in altered if it[0] == name):
                findings = judge(document)
                print(f"{'ok' if findings else 'KO'} {name} {path.name} mutant {'caught' if findings else 'NOT caught'}")
                n_bad += not findings
            print(f"-- {name}: {time.monotonic() - started:.1f} s", file=sys.stderr)
        unknown = [name for name, _ in mutants if name not in judges]
        if unknown:
            print(f"KO unknown judges: {unknown}")
        print(f"{len(documents) + len(rapid)} document(s), {len(altered)} mutant(s), {n_bad} failure(s)")
        return 1 if n_bad or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
