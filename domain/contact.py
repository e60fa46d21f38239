"""Who a customer is and where. Personal data: lives in the `contacts` table alone, never in an order or a history."""

from __future__ import annotations

from domain.model import Id, Model


class Place(Model):
    """An address in the fields that carriers ask for; `country` is two letters of ISO 3166, `region` a state's code."""

    name: str = ""
    street: tuple[str, ...] = ()
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country: str = ""
    phone: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields without which no carrier finds it."""
        return tuple(name for name in ("street", "city", "postal_code", "country") if not getattr(self, name))


class Contact(Model):
    """How to reach a customer. Personal data: lives in the `contacts` table alone, never in an order or a history.

    `address` is what is printed: all lines but name and country. `street`, `city`, `postal_code` and `region` say the
    same in fields, for carriers that want them apart.
    """

    customer_id: Id
    name: str = ""
    email: str = ""
    phone: str = ""
    address: tuple[str, ...] = ()
    country: str = ""
    street: tuple[str, ...] = ()
    city: str = ""
    postal_code: str = ""
    region: str = ""

    @property
    def place(self) -> Place:
        """The address in fields; what was never told apart is empty."""
        return Place.model_validate(self.model_dump(include=set(Place.model_fields)))
