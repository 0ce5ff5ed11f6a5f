"""What the recogniser reaches on the development data, without its times: bench/intent has those.

Skipped (77) where EXECGOV_INTENT_DATA names no folder: the data is no part of this tree.
"""
import json
import os
import subprocess
import sys
import unittest

DATA = os.environ.get("EXECGOV_INTENT_DATA", "")
PROGRAM = os.path.join(os.environ.get("EXECGOV_BUILD", "build/dev"), "bin", "execgov-intent")


def figures(train, test):
    words = [PROGRAM, "eval", "--train", os.path.join(DATA, train), "--test", os.path.join(DATA, test),
             "--json"]
    return json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)


class Figures(unittest.TestCase):
    def test_english_with_twenty_examples(self):
        got = figures("clinc150_train20.jsonl", "clinc150_dev.jsonl")
        self.assertGreaterEqual(got["accuracy_1"], 86.5)
        self.assertGreaterEqual(got["accuracy_3"], 95)
        self.assertLessEqual(got["model_bytes"], 1 << 20)

    def test_strangers_are_abstained_from(self):
        got = figures("clinc150_train20.jsonl", "clinc150_oos_dev.jsonl")
        self.assertGreaterEqual(got["oos_recall"], 50)

    def test_chinese_with_twenty_examples(self):
        got = figures("zh_crosswoz_train20.jsonl", "zh_crosswoz_dev.jsonl")
        self.assertGreaterEqual(got["accuracy_1"], 84)


if __name__ == "__main__":
    if not os.path.isdir(DATA):
        print("skipped: EXECGOV_INTENT_DATA names no folder")
        sys.exit(77)
    unittest.main()
