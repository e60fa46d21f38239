"""Reads what callers send; whatever is wrong with it becomes a 4xx with a message, never a crash."""

from __future__ import annotations

import base64
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

Json = dict[str, JsonValue]


class Body(BaseModel):
    """The base of JSON bodies of our own making: unknown fields are refused, nothing is coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Asked = TypeVar("Asked", bound=BaseModel)


async def json_body(request: Request, kind: type[Asked]) -> Asked:
    """The JSON body of a request. Raises HTTPException 415 or 400, naming the field."""
    # A web page can post other types here without asking the browser's leave; JSON it cannot.
    if media_type(request) != "application/json":
        raise HTTPException(415, "Send JSON with the header Content-Type: application/json.")
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise HTTPException(400, f"{field}: {first['msg']}") from None


def media_type(request: Request) -> str:
    """The content type of a request without its parameters, in lower case; empty if it names none."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def user(request: Request) -> str:
    """The user of a request with basic authentication; empty if there is none. Passwords are not looked at."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        pair = base64.b64decode(token.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        pair = ""
    return pair.partition(":")[0]


def bearer(request: Request) -> str:
    """The bearer token of a request; empty if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
