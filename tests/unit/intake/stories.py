"""Stories for hypothesis: what may be told of a few alerts, in the orders in which it may arrive."""

from hypothesis import strategies as st

from tests.unit.intake.contract import Told

FINGERPRINTS = "abcd"


def told(fingerprints: str = FINGERPRINTS) -> st.SearchStrategy[Told]:
    """One alert in one delivery. Starts and ends are few, so that repeats and conflicts are many."""
    ends = st.one_of(st.none(), st.none(), st.integers(2, 5))
    return st.builds(Told, st.sampled_from(fingerprints), st.integers(0, 2), ends)


@st.composite
def stories(draw: st.DrawFn, fingerprints: str = FINGERPRINTS, longest: int = 14) -> list[Told]:
    """Deliveries in order of arrival, with copies of earlier ones strewn in, as peers and retries send them."""
    story = draw(st.lists(told(fingerprints), min_size=1, max_size=longest))
    for _ in range(draw(st.integers(0, 4))):
        original = draw(st.integers(0, len(story) - 1))
        story.insert(draw(st.integers(original + 1, len(story))), story[original])
    return story
