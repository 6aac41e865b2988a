"""What GraphQL libraries mean: resolvers, data loaders, and the context that sibling fields share.

Sources: documentation of Strawberry (resolvers, accessing context, data loaders), Graphene (ObjectType resolvers,
mutations), Ariadne (resolvers, bindables).
"""

from __future__ import annotations

from .library import Function, Klass, Method, Registration, View

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
QUERIES = frozenset({"ariadne.QueryType", "ariadne.ObjectType"})
VIEWS: dict[str, View] = {
    "graphene.ObjectType": View("graphql", ("resolve_*",)),
    "graphene.Mutation": View("graphql", ("mutate",)),
    "graphene.relay.ClientIDMutation": View("graphql", ("mutate_and_get_payload",)),
    "aiodataloader.DataLoader": View("graphql", ("batch_load_fn",)),
}
_SET = Registration("handler", "graphql", 1, "resolver")
_LOADER = Registration("handler", "graphql", 0, "load_fn")

CLASSES: dict[str, Klass] = {
    **{f"ariadne.{owner}": Klass({"set_field": Method(registers=_SET)}) for owner in _BINDABLES},
    "ariadne.asgi.GraphQL": Klass(shares="application"),
    "ariadne.wsgi.GraphQL": Klass(shares="application"),
    "strawberry.dataloader.DataLoader": Klass(
        {"load": Method(runs="load"), "load_many": Method(runs="load")}, makes="loader", registers=_LOADER
    ),
    "graphql.Info": Klass(attributes={"context": "T"}, row="graphql.Context"),
    "graphql.Context": Klass(shares="request"),
}
CONTEXTS = ("context_value", "context_getter", "get_context", "context")
"""Keywords of calls by which a schema is told what its resolvers find in the context."""
PACKAGES = frozenset({"strawberry", "graphene", "ariadne", "graphql"})
PARAMETERS = {(package, "info"): "graphql.Info" for package in ("strawberry", "graphene", "ariadne", "graphql")}
FUNCTIONS: dict[str, Function] = {
    "strawberry.field": Function(registers=Registration("handler", "graphql", 9, "resolver")),
    "strawberry.mutation": Function(registers=Registration("handler", "graphql", 9, "resolver")),
}
ALIASES: dict[str, str] = {
    "strawberry.Info": "graphql.Info",
    "strawberry.types.Info": "graphql.Info",
    "strawberry.types.info.Info": "graphql.Info",
    "graphql.GraphQLResolveInfo": "graphql.Info",
    "graphql.type.GraphQLResolveInfo": "graphql.Info",
    "graphene.ResolveInfo": "graphql.Info",
}
