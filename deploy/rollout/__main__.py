"""`python -m deploy.rollout`: a release onto Kubernetes, step by step or all at once."""

import click

from deploy.rollout.kubernetes import KubernetesFleet
from deploy.rollout.plan import Outcome, Policy, roll_out

DEFAULT = Policy()


@click.group()
@click.option("--namespace", default="cabas", show_default=True)
@click.option("--context", help="Of kubectl's configuration; the current one unless said.")
@click.option(
    "--prometheus", default="http://127.0.0.1:9090", show_default=True, help="Where figures are asked."
)
@click.option("--kubectl", default="kubectl", show_default=True, help="The program.")
@click.pass_context
def main(click_: click.Context, namespace: str, context: str | None, prometheus: str, kubectl: str) -> None:
    """Expand the schema, roll out by canary, contract the schema."""
    program = [kubectl, *([f"--context={context}"] if context else [])]
    click_.obj = KubernetesFleet(kubectl=program, namespace=namespace, prometheus=prometheus)


@main.command()
@click.argument("step", type=click.Choice(["expand", "contract"]))
@click.argument("image")
@click.pass_obj
def migrate(fleet: KubernetesFleet, step: str, image: str) -> None:
    """Run one step of the migrations as a Job on IMAGE."""
    fleet.migrate(step, image)
    click.echo(f"{step}ed")


@main.command()
@click.argument("image")
@click.option("--watch-seconds", default=DEFAULT.watch_seconds, show_default=True)
@click.option("--requests-min", default=DEFAULT.requests_min, show_default=True)
@click.option("--errors-share-max", default=DEFAULT.errors_share_max, show_default=True)
@click.pass_obj
def to(
    fleet: KubernetesFleet, image: str, watch_seconds: float, requests_min: int, errors_share_max: float
) -> None:
    """Canary of IMAGE, watch it, then all; exits 1 when it was taken back."""
    policy = Policy(
        watch_seconds=watch_seconds,
        requests_min=requests_min,
        errors_share_max=errors_share_max,
        look_every_seconds=10,
    )
    if roll_out(fleet, image, policy=policy, say=click.echo) is not Outcome.DONE:
        raise SystemExit(1)


@main.command()
@click.argument("image")
@click.pass_obj
def back(fleet: KubernetesFleet, image: str) -> None:
    """All on IMAGE, the former one, at once: as long as the schema was not contracted."""
    fleet.replace_all(image)


if __name__ == "__main__":
    main()
