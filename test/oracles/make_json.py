"""JSON texts as Python, pandas and DuckDB write them: make_json.py DIRECTORY"""

import json
import os
import sys

import duckdb
import numpy as np
import pandas as pd

directory = sys.argv[1]
rng = np.random.default_rng(11)
words = ["a", "é/ü", '"q"', "x\ny", "日本", "", "𝄞"]
makers = {
    "float": lambda: float(rng.normal() * 10.0 ** rng.integers(-12, 21)),
    "whole": lambda: float(rng.integers(-5, 5)),
    "int": lambda: int(rng.integers(-(2**62), 2**62)),
    "bool": lambda: bool(rng.random() < 0.5),
    "string": lambda: words[rng.integers(len(words))],
    "word": lambda: [1.5, float("nan"), float("inf"), -float("inf"), 2.0][rng.integers(5)],
}


def nested(make, shape):
    return make() if not shape else [nested(make, shape[1:]) for _ in range(shape[0])]


documents = {
    f"{name}-{len(shape)}": nested(make, shape) for name, make in makers.items() for shape in [(9,), (3, 4), (2, 3, 2)]
}
documents["table"] = [
    {
        "x": makers["float"](),
        "n": i,
        "s": makers["string"](),
        "b": i % 2 == 0,
        "v": nested(makers["whole"], (2,)),
        "o": {"p": makers["float"](), "q": nested(makers["int"], (2, 2))},
    }
    for i in range(40)
]
documents["ragged"] = [[1.5], [2.0, 3.0], [], [4.25]]
documents["object"] = {"a": 1.5, "b": [True, False], "c": "é"}
documents["nothing"] = []
forms = {
    "line": {},
    "unicode": {"ensure_ascii": False},
    "compact": {"separators": (",", ":")},
    "indent": {"indent": 2},
    "tabs": {"indent": "\t", "ensure_ascii": False},
    "flush": {"indent": 0},
}
for name, value in documents.items():
    for form, options in forms.items():
        for end in ["", "\n"]:
            path = os.path.join(directory, f"{name}.{form}{len(end)}.json")
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(json.dumps(value, **options) + end)

frame = pd.DataFrame(
    {
        "x": np.r_[rng.normal(size=20), [np.nan, 1.0]],
        "n": range(22),
        "s": ["a/b", "é", 'z"'] * 7 + ["q"],
        "b": [True, False] * 11,
        "w": np.arange(22.0),
    }
)
frame.to_json(os.path.join(directory, "records.json"), orient="records")
frame.to_json(os.path.join(directory, "records-indent.json"), orient="records", indent=2)
frame.to_json(os.path.join(directory, "records-exact.json"), orient="records", force_ascii=False, double_precision=15)
frame[["x", "w"]].to_json(os.path.join(directory, "values.json"), orient="values")
target = os.path.join(directory, "duckdb.json")
duckdb.sql(f"COPY (SELECT n, s, b, w, x FROM frame WHERE n < 20) TO '{target}' (FORMAT json, ARRAY true)")
