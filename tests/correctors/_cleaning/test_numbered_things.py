"""Things that a number names, and the only row of one of them."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector
from skanomaly.correctors._cleaning.numbered_things import NumberedThings
from skanomaly.correctors._table.codec import TableCodec


@pytest.fixture
def hosts():
    """Hosts of three flats each, and one of a single flat, beside whom others rent."""
    host = np.append(np.repeat(np.arange(7000, 7100), 3), 7100)
    rng = np.random.default_rng(0)
    known = np.append(np.repeat(rng.choice(list("tf"), 100, p=[0.3, 0.7]), 3), "t")
    price = rng.integers(40, 300, len(host))
    return pd.DataFrame({"host": host, "known": known.astype(object), "price": price})


class Detector:
    """Only whole rows vote on the column of words."""

    judged = np.array([False, True, False])

    class model_:
        kind = staticmethod(lambda j, code: "unlikely in its row")

        class verdicts_:
            class trust:
                pure = np.array([False, True, False])

                class dependencies:
                    votes = staticmethod(lambda codes: np.full(codes.shape, -1))


class SomeRows:
    def __init__(self, frame, codes):
        self.frame, self.codes = frame, codes


def test_rows_with_the_same_number_speak_for_and_against_a_change(hosts):
    hosts.loc[0, "known"] = {"t": "f", "f": "t"}[hosts.loc[1, "known"]]
    codec = TableCodec.fit(hosts, numeric=[None] * 3, n_bins=16)
    codes = codec.encode(hosts)[0]
    things = NumberedThings(codec).fit(hosts, codes, Detector)
    new = codes.copy()
    new[[0, 3, 300], 1] = 1 - codes[[0, 3, 300], 1]
    lead = things.lead(SomeRows(hosts, codes), new, Detector)
    assert lead[[0, 3, 300], 1].tolist() == [1, -3, -1]
    assert (np.delete(lead, [0, 3, 300], axis=0) > 300).all()
    # A price names nothing: flats of one price are of many hosts.
    assert list(things.witnesses.counts) == [1] and len(things.witnesses.counts[1]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_only_flat_of_a_host_is_not_like_those_of_its_neighbours(seed):
    rng = np.random.default_rng(seed)
    host = rng.integers(500, size=1500)
    names = [f"Name {chr(65 + k)}{k}" for k in range(20)]
    of_host = {
        "name": rng.choice(names, 500),
        "known": rng.choice(["f", "t"], 500, p=[0.75, 0.25]),
        "answers": rng.choice(["100%", "98%", "90%", "75%", "60%"], 500),
        "since": rng.integers(2000, 5000, 500),
    }
    X = pd.DataFrame({name: values[host] for name, values in of_host.items()})
    X.insert(0, "host", host + 70_000)
    pd.testing.assert_frame_equal(AnomalyCorrector(random_state=0).fit_transform(X), X)
