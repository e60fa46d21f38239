"""Label files and packing sheets, to whoever was given their address: it holds a part that nobody can guess."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.(pdf|zpl)")
_KINDS = {"pdf": "application/pdf", "zpl": "text/plain"}
_PRIVATE = {
    # They show where somebody lives: nobody on the way keeps them, and no search engine does.
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def labels(folder: Path) -> Route:
    """`GET /labels/{name}` out of this folder, without a listing; 404 for everything else."""

    def file(request: Request) -> Response:
        name = _FILE.fullmatch(request.path_params["name"])
        if name is None or not (folder / name[0]).is_file():
            return JSONResponse({"error": {"message": "There is no such label."}}, 404)
        return FileResponse(folder / name[0], media_type=_KINDS[name[1]], headers=_PRIVATE)

    return Route("/labels/{name}", file)
