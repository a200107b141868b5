"""Runs the commands of console blocks in Markdown pages, and compares (or updates) the output that stands below each.

usage: pages.py check|update PAGE...     in the folder where the commands are to be run

In a block that begins with ```console, a line "$ ..." is a command, with "> ..." lines that continue it; what follows, up to the next
command or the end of the block, is what it prints.
"""
import re
import subprocess
import sys

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.S | re.M)
COMMAND = re.compile(r"^\$ (.*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", re.M)


def output_of(command):
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    text = done.stdout.decode()
    return text if text == "" or text.endswith("\n") else text + "\n"


def main(mode, pages):
    count = wrong = 0
    for page in pages:
        def run(match):
            nonlocal count, wrong
            count += 1
            command = match[1].replace("\n> ", "\n")
            found = output_of(command)
            if found != match[2]:
                wrong += 1
                if mode == "check":
                    print(f"{page}: $ {match[1]}--- in the page\n{match[2]}--- printed now\n{found}", file=sys.stderr)
            return f"$ {match[1]}{found}"

        with open(page, encoding="utf8") as file:
            text = file.read()
        shown = BLOCK.sub(lambda block: "```console\n" + COMMAND.sub(run, block[1]) + "```", text)
        if mode == "update":
            with open(page, "w", encoding="utf8") as file:
                file.write(shown)
    print(f"{count} commands, {wrong} differ")


main(sys.argv[1], sys.argv[2:])
