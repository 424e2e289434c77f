"""Valid foreign records, changed in any way: what hypothesis draws for every source."""

import json

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def changed(draw, value):
    """Change valid data at a place: dropped, null, of another type, nested, or anything at all."""
    if not value or not isinstance(value, (dict, list)):
        return draw(JSON)
    places = value if isinstance(value, dict) else range(len(value))
    place = draw(st.sampled_from(list(places)))
    inside = value[place]
    if isinstance(inside, str) and inside.startswith(("{", '["', "[{")):  # JSON in text
        return {**value, place: json.dumps(draw(changed(json.loads(inside))))}
    if inside and isinstance(inside, (dict, list)) and draw(st.booleans()):
        new = draw(changed(inside))
    else:
        deep: object = inside
        for _ in range(draw(st.sampled_from([1, 2, 50, 250]))):
            deep = [deep]
        new = draw(st.none() | st.just(deep) | st.just([]) | st.just({}) | st.just("") | JSON)
    copy = dict(value) if isinstance(value, dict) else list(value)
    if draw(st.booleans()):
        del copy[place]
    else:
        copy[place] = new
    return copy
