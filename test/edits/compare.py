"""Compares what libhdf5 says of edited files with what it said of the originals, but for the edits.

usage: compare.py TRUTH-TOOL OUTCOMES FOLDER...   (FOLDER: of originals)

OUTCOMES has a line of JSON for each edited file, as main.ts prints them; an edited file is WORK/FOLDER-NAME/NAME. Both are
read by the same libhdf5, with the same filters.
"""
import collections
import json
import os
import subprocess
import sys

EDITS = "/~edits"


def without_edits(truth):
    truth.pop("file", None)
    for part in ("links", "objects"):
        for path in [p for p in truth.get(part, {}) if p == EDITS or p.startswith(EDITS + "/")]:
            del truth[part][path]
    return truth


def told(tool, paths):
    return json.loads(subprocess.run([sys.executable, tool, *paths], capture_output=True, check=True).stdout)


def first_difference(a, b):
    for part in ("links", "objects"):
        for path in sorted(set(a.get(part, {})) | set(b.get(part, {}))):
            x, y = a.get(part, {}).get(path), b.get(part, {}).get(path)
            if x != y:
                return f"{part} {path}: {json.dumps(x)[:300]} became {json.dumps(y)[:300]}"
    return f"{a.get('error')} became {b.get('error')}"


def main():
    tool, outcomes, *folders = sys.argv[1:]
    originals = {os.path.basename(f.rstrip("/")): f for f in folders}
    counts, refusals, bad = collections.Counter(), collections.Counter(), []
    edited = []
    for line in open(outcomes):
        outcome = json.loads(line)
        folder, name = outcome["path"].split("/")[-2:]
        for kind in ("unreadable", "damaged", "refused"):
            if kind in outcome:
                counts[kind] += 1
                if kind == "refused":
                    refusals[outcome["refused"].split(": ", 1)[-1]] += 1
        if "broken" in outcome:
            bad.append(f"{folder}/{name}: {outcome['broken']}")
        elif "edits" in outcome:
            edited.append((folder, name, outcome["path"]))
            for edit, why in outcome["edits"].items():
                counts["edits done" if not why else "edits refused"] += 1
                if why:
                    refusals[f"{edit}: {why.split(': ', 1)[-1]}"] += 1
    befores = told(tool, [os.path.join(originals[folder], name) for folder, name, _ in edited])
    afters = told(tool, [path for _, _, path in edited])
    for (folder, name, _), before, after in zip(edited, befores, afters):
        before, after = without_edits(before), without_edits(after)
        if before == after:
            counts["same"] += 1
        else:
            bad.append(f"{folder}/{name}: {first_difference(before, after)}")
    for why, count in refusals.most_common():
        print(f"refused {count}x {why[:160]}")
    for line in bad:
        print("WRONG", line[:1000])
    print(f"{len(edited)} files edited, {counts['same']} the same but for the edits, {len(bad)} wrong; {counts['edits done']} edits done, "
          f"{counts['edits refused']} refused; {counts['refused']} files refused, {counts['damaged']} damaged, {counts['unreadable']} not read")
    report = os.environ.get("H5FS_TEST_REPORT")
    if report:
        with open(report, "a") as file:
            file.write(f"edits {counts['same']} {len(bad)} 0\n")
    return 1 if bad or not edited else 0


sys.exit(main())
