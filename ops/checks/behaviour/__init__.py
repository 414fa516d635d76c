"""What AWS does with a template that no schema tells: rules of behaviour, checked offline.

Linters know the shapes of resources. These rules know what happened to others who deployed well
formed templates: a load balancer made before its way to the internet, a host that may not join,
an address that the browser's policy forbids. Each rule is a function of a `Template` that yields
one sentence for every place that breaks it.
"""

from collections.abc import Callable, Iterator

from ops.checks.behaviour import destinations, edge, hosts, kept, limits, network
from ops.checks.behaviour.template import Template

Rule = Callable[[Template], Iterator[str]]
"""Yields what is wrong, a sentence each."""

RULES: tuple[Rule, ...] = (
    edge.one_stage,
    edge.errors_are_not_cached,
    edge.uploads_reach_storage,
    network.internet_facing_waits_for_its_routes,
    network.hosts_reach_aws,
    hosts.may_join_the_clusters_that_batch_makes,
    destinations.functions_may_send_what_failed,
    kept.what_is_kept_names_only_what_is_kept,
    limits.resources,
    limits.template_size,
    limits.inline_policies,
    limits.environments,
)
"""All rules, each checked on its own."""


def broken(template: Template) -> Iterator[str]:
    """Everything in the template that breaks a rule."""
    for rule in RULES:
        yield from rule(template)
