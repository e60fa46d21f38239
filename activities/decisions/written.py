"""A policy written out as the YAML that it could have been read from, with everything that was left to defaults."""

from __future__ import annotations

import yaml

from domain.policy import Policy


def written(policy: Policy) -> str:
    """The whole document; read again, it is the same policy. Lists that say nothing are left out, as a file has to."""
    document = _said(policy.model_dump(mode="json", exclude_none=True))
    if not policy.told:
        document["told"] = []
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return text


def _said(fields: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in fields.items():
        said = [_said(one) if isinstance(one, dict) else one for one in value] if isinstance(value, list) else value
        said = _said(said) if isinstance(said, dict) else said
        if said not in ([], {}, ""):
            found[name] = said
    return found
