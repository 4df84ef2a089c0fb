"""`make bench`: every figure of the product in one run, on grounds that are seeded once."""

from bench import browse, forecast, order, search, start
from bench.ground import seeded


def main() -> None:
    with seeded("demo") as demo, seeded("nation") as nation:
        start.run(demo, nation)
        browse.run(demo, nation)
        search.run(nation)
        demo.cabas("check")
        nation.cabas("check")
    order.main()
    forecast.run()


if __name__ == "__main__":
    main()
