"""Reads Bundles with fhir.resources (FHIR R4B), which shares nothing with our reader; prints the types of the entries."""

import sys

from fhir.resources.R4B.bundle import Bundle

for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        bundle = Bundle.model_validate_json(file.read())
    kinds = [entry.resource.get_resource_type() for entry in bundle.entry or []]
    print(bundle.type, *kinds)
