"""Files that are ZIP archives inside, the same bytes whenever and wherever they are made."""

from __future__ import annotations

import io
import re
import zipfile

_MADE = (2026, 10, 1, 0, 0, 0)
_LEVEL = 6  # of compression


def without_times(archive: bytes, *, packed: bool = False) -> bytes:
    """The archive with one fixed time in all its entries, and unless wanted without compression.

    Compression differs between machines: Pythons come with different versions of zlib.

    An Office document in it is last modified when it was made.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _MADE)
            entry.create_system = 0  # else the bytes tell on which system they were made
            content = source.read(name)
            created = re.search(rb"<dcterms:created[^>]*>([^<]*)", content)
            if created:
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + created[1], content)
            target.writestr(entry, content, zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED, _LEVEL)
    return made.getvalue()
