#!/usr/bin/env python3
"""Count lines, words and bytes of a text file and show its longest lines and most frequent words."""
import argparse
import collections
import re
import sys


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="text file to look at")
    parser.add_argument("--top", type=int, default=10, metavar="N",
                        help="how many words to list (default: 10)")
    parser.add_argument("--min-length", type=int, default=1, metavar="N",
                        help="ignore words shorter than this (default: 1)")
    parser.add_argument("--ignore-case", action="store_true", help="count Word and word as one")
    parser.add_argument("--encoding", default="utf-8", help="encoding of the file (default: utf-8)")
    args = parser.parse_args()
    if args.top < 0:
        parser.error("--top must not be negative")
    return args


def main():
    args = parse_args()
    with open(args.file, "rb") as handle:
        data = handle.read()
    try:
        text = data.decode(args.encoding)
    except (LookupError, UnicodeDecodeError) as error:
        sys.exit(f"{args.file}: {error}")

    lines = text.splitlines()
    words = re.findall(r"\w+", text.lower() if args.ignore_case else text)
    frequent = collections.Counter(w for w in words if len(w) >= args.min_length)

    print(f"lines  {len(lines)}")
    print(f"words  {len(words)}")
    print(f"chars  {len(text)}")
    print(f"bytes  {len(data)}")
    if lines:
        longest = max(range(len(lines)), key=lambda i: len(lines[i]))
        print(f"longest line  {longest + 1} ({len(lines[longest])} characters)")
    for word, count in sorted(frequent.items(), key=lambda pair: (-pair[1], pair[0]))[:args.top]:
        print(f"{count:8d}  {word}")


if __name__ == "__main__":
    main()
