"""Make a checkout ready to be built for PyPI, whose pages know no repository.

    python .ci/prepare_release.py https://github.com/OWNER/NAME v0.1.0

Links of the README become absolute, to the files of the tag, and the metadata gets the
addresses of the project. The release workflow knows where the repository is.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The target of a Markdown link that is neither absolute nor within the page.
RELATIVE_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s]+)")


def absolute_links(text, repository, tag):
    """Text whose relative links lead to the files of a tag."""
    return RELATIVE_LINK.sub(rf"{repository}/blob/{tag}/\1", text)


def with_addresses(config, repository):
    """Text of setup.cfg with the addresses of the project."""
    addresses = {
        "Source": repository,
        "Issues": f"{repository}/issues",
        "Changelog": f"{repository}/blob/main/CHANGELOG.md",
    }
    lines = "".join(f"    {name} = {url}\n" for name, url in addresses.items())
    return config.replace("[metadata]\n", f"[metadata]\nproject_urls =\n{lines}", 1)


def check_version(config_of_package, tag):
    """Refuse a tag that is not the version of the package."""
    version = re.search(r'^__version__ = "(.*)"$', config_of_package, re.M)[1]
    if tag != f"v{version}":
        raise SystemExit(f"the tag is {tag!r}, but __version__ is {version!r}")


def main():
    """Change README.md and setup.cfg of the checkout."""
    repository, tag = sys.argv[1].rstrip("/"), sys.argv[2]
    check_version((ROOT / "skanomaly" / "__init__.py").read_text("utf-8"), tag)
    readme, config = ROOT / "README.md", ROOT / "setup.cfg"
    readme.write_text(
        absolute_links(readme.read_text("utf-8"), repository, tag), "utf-8"
    )
    config.write_text(with_addresses(config.read_text("utf-8"), repository), "utf-8")


if __name__ == "__main__":
    main()
