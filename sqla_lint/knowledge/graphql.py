"""What GraphQL libraries mean: resolvers, data loaders, and the context that sibling fields share.

Sources: documentation of Strawberry (resolvers, accessing context, data loaders), Graphene (ObjectType resolvers,
mutations), Ariadne (resolvers, bindables).
"""

from __future__ import annotations

from .library import Function, Klass, Registration, View

_FIELDS = ("field", "mutation", "subscription")
_BINDABLES = ("QueryType", "MutationType", "SubscriptionType", "ObjectType")

BOUNDARIES: dict[tuple[str, str], tuple[str, str]] = {
    (f"ariadne.{owner}", verb): ("handler", "graphql") for owner in _BINDABLES for verb in ("field", "source")
}
DECORATORS: dict[str, tuple[str, str]] = {
    **{f"strawberry.{name}": ("handler", "graphql") for name in _FIELDS},
    "strawberry_django.field": ("handler", "graphql"),
}
TYPES = frozenset({"strawberry.type", "strawberry.federation.type"})
"""Decorators of classes whose fields are resolved at the same time, save those of mutations."""
VIEWS: dict[str, View] = {
    "graphene.ObjectType": View("graphql", ("resolve_*",)),
    "graphene.Mutation": View("graphql", ("mutate",)),
    "graphene.relay.ClientIDMutation": View("graphql", ("mutate_and_get_payload",)),
    "aiodataloader.DataLoader": View("graphql", ("batch_load_fn",)),
}
_LOADER = Registration("handler", "graphql", 0, "load_fn")

CLASSES: dict[str, Klass] = {
    **{f"ariadne.{owner}": Klass() for owner in _BINDABLES},
    "strawberry.dataloader.DataLoader": Klass(registers=_LOADER),
    "strawberry.Info": Klass(attributes={"context": "strawberry.Context"}),
    "strawberry.Context": Klass(shares="request"),
}
FUNCTIONS: dict[str, Function] = {
    "strawberry.field": Function(registers=Registration("handler", "graphql", 9, "resolver")),
    "strawberry.mutation": Function(registers=Registration("handler", "graphql", 9, "resolver")),
    "strawberry.fastapi.GraphQLRouter": Function(runs="context"),
}
ALIASES: dict[str, str] = {
    "strawberry.types.Info": "strawberry.Info",
    "strawberry.types.info.Info": "strawberry.Info",
}
