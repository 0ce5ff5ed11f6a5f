"""docs/decisions/README.md lists every decision, with its title, and nothing else."""
import pathlib
import re
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs/decisions"


class Index(unittest.TestCase):
    def test_every_decision_is_listed_with_its_title(self):
        listed = re.findall(r"^- \[(\d{4})\]\((\S+)\) (.+)$", (FOLDER / "README.md").read_text("utf-8"), re.M)
        files = {}
        for file in sorted(FOLDER.glob("[0-9]*.md")):
            title = file.read_text("utf-8").partition("\n")[0].lstrip("# ").strip()
            files[file.name] = re.sub(r"^\d{4}[ :.–-]*", "", title)
        self.assertEqual([name for _, name, _ in listed], list(files), "docs/decisions/README.md")
        for number, name, title in listed:
            self.assertEqual((number, title), (name[:4], files[name]), name)


if __name__ == "__main__":
    unittest.main()
