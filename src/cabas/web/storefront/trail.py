"""The category tree as pages need it: where a category is, what is below it. Made once a tree."""

from functools import lru_cache

import msgspec

from cabas.domain.catalog.model import Category, CategoryTree

TREES_KEPT = 2
"""The current tree, and the one that a page under way may still hold."""


class CategoryView(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One object a category and tree: what is made from it can be kept by it."""

    category: Category
    ancestors: tuple[Category, ...]
    """From the aisle down, without the category itself."""
    below: tuple[Category, ...]
    """Its children; of a leaf, itself and its siblings."""


def category_view(tree: CategoryTree, category: Category) -> CategoryView:
    return _views(tree)[category.category_id]


def breadcrumb(view: CategoryView, *, base: str, aisles_label: str) -> list[dict[str, str]]:
    """For the macro of the same name, from the aisles to the category itself."""
    steps = [{"label": aisles_label, "href": f"{base}/rayons"}]
    steps += [{"label": one.name, "href": f"{base}/rayons/{one.slug}"} for one in view.ancestors]
    return [*steps, {"label": view.category.name, "href": ""}]


def path_to(view: CategoryView, *, base: str, aisles_label: str) -> list[dict[str, str]]:
    """The same, with the category as a link: for the pages of its products."""
    here = {"label": view.category.name, "href": f"{base}/rayons/{view.category.slug}"}
    return [*breadcrumb(view, base=base, aisles_label=aisles_label)[:-1], here]


@lru_cache(maxsize=TREES_KEPT)
def _views(tree: CategoryTree) -> dict[int, CategoryView]:
    children: dict[int | None, list[Category]] = {}
    for category in tree.all:
        children.setdefault(category.parent_id, []).append(category)
    return {
        category.category_id: CategoryView(
            category=category,
            ancestors=_ancestors(tree, category),
            below=tuple(children.get(category.category_id) or children[category.parent_id]),
        )
        for category in tree.all
    }


def _ancestors(tree: CategoryTree, category: Category) -> tuple[Category, ...]:
    found: list[Category] = []
    parent = tree.by_id.get(category.parent_id) if category.parent_id is not None else None
    while parent is not None and len(found) < 3:
        found.insert(0, parent)
        parent = tree.by_id.get(parent.parent_id) if parent.parent_id is not None else None
    return tuple(found)
