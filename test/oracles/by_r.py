"""Reads CSV files by R, where it is installed: one process of it for all files, asked over its standard input."""
import atexit
import os
import shutil
import struct
import subprocess

RSCRIPT = shutil.which("Rscript")

# Answers a path with the counts of rows and columns, every cell as text, and, for each column that is a number to R, its doubles.
SCRIPT = r"""
input <- file("stdin", "r")
output <- pipe("cat", "wb")
repeat {
  path <- readLines(input, 1)
  if (length(path) == 0) break
  cells <- tryCatch(
    read.csv(path, colClasses = "character", check.names = FALSE, na.strings = character(0), blank.lines.skip = FALSE, encoding = "UTF-8"),
    error = function(e) { message(conditionMessage(e)); NULL })
  if (is.null(cells)) {
    writeBin(-1L, output)
  } else {
    writeBin(c(nrow(cells), ncol(cells)), output)
    for (column in cells) {
      bytes <- writeBin(column, raw())
      writeBin(length(bytes), output)
      writeBin(bytes, output)
      typed <- type.convert(column, as.is = TRUE, na.strings = "nan")
      isNumber <- is.numeric(typed) && nrow(cells) > 0
      writeBin(as.integer(isNumber), output)
      if (isNumber) writeBin(as.double(typed), output)
    }
  }
  flush(output)
}
"""

process = None


def start():
    global process
    process = subprocess.Popen(
        [RSCRIPT, "--vanilla", "-e", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    atexit.register(process.kill)


def take(length):
    data = process.stdout.read(length)
    if len(data) != length:
        raise EOFError("R has ended")
    return data


def take_int():
    return struct.unpack("<i", take(4))[0]


def read_csv(path):
    """Columns, each its cells as text and, where it is of numbers, a list of doubles. ValueError: R does not read it."""
    if process is None:
        start()
    process.stdin.write(os.fsencode(path) + b"\n")
    process.stdin.flush()
    rows = take_int()
    if rows < 0:
        raise ValueError("R does not read it")
    columns = []
    for _ in range(take_int()):
        cells = take(take_int()).decode("utf-8", "surrogateescape").split("\0")[:-1]
        columns.append((cells, struct.unpack(f"<{rows}d", take(8 * rows)) if take_int() else None))
    return columns
