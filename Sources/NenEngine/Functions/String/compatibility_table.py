"""Writes CompatibilityTable.swift: what NFKC and NFKD replace beyond NFC and NFD.

Source: the Unicode Character Database as Python's `unicodedata` has it (compatibility
decompositions of UnicodeData.txt, applied in full). Run it from the folder of this file:

    python3 compatibility_table.py > CompatibilityTable.swift
"""

import sys
import unicodedata

HEAD = '''\
// CompatibilityTable: the characters whose compatibility decomposition differs from the canonical
// one: what NFKC and NFKD replace beyond NFC and NFD. Written by compatibility_table.py from the
// Unicode Character Database {version}; do not edit.
//
// The text is a list of runs, separated by `;`. A run is the number of its first character, then a
// space and one item for each of the characters that follow it. An item is the numbers of the
// characters that replace it, joined by `+`. `*n` behind an item of one character repeats it for n
// characters in a row, one higher each time; `=n` repeats an item as it is. All numbers but n are
// hexadecimal.

/// Compatibility decompositions as text; see the head of this file.
enum CompatibilityTable {{
    static let text: StaticString = """
'''


def decompositions():
    table = {}
    for code in range(sys.maxunicode + 1):
        if 0xD800 <= code < 0xE000:
            continue
        character = chr(code)
        full = unicodedata.normalize("NFKD", character)
        if full != unicodedata.normalize("NFD", character):
            table[code] = [ord(part) for part in full]
    return table


def items(values):
    """The items of one run, repetitions drawn together."""
    index = 0
    while index < len(values):
        value = values[index]
        text = "+".join(f"{part:X}" for part in value)
        ascending = index + 1
        if len(value) == 1:
            while ascending < len(values) and values[ascending] == [value[0] + ascending - index]:
                ascending += 1
        same = index + 1
        while same < len(values) and values[same] == value:
            same += 1
        if ascending - index > 1:
            yield f"{text}*{ascending - index}"
            index = ascending
        elif same - index > 1:
            yield f"{text}={same - index}"
            index = same
        else:
            yield text
            index += 1


def runs(table):
    codes = sorted(table)
    start = 0
    for index in range(1, len(codes) + 1):
        if index == len(codes) or codes[index] != codes[index - 1] + 1:
            values = [table[code] for code in codes[start:index]]
            yield f"{codes[start]:X} " + " ".join(items(values))
            start = index


def main():
    words = ";".join(runs(decompositions())).split(" ")
    print(HEAD.format(version=unicodedata.unidata_version), end="")
    line = ""
    for word in words:
        if line and len(line) + len(word) + 1 > 88:
            print(f"        {line} \\")
            line = word
        else:
            line = f"{line} {word}" if line else word
    print(f"        {line}")
    print('        """')
    print("}")


main()
