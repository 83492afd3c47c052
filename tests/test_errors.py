import pytest

from kpikit.errors import Fault, KpikitError, StrategyError, UnknownNameError, suggest


def test_a_near_name_is_suggested_whatever_its_case():
    assert suggest("Churn", ["churn", "revenue"]) == "Did you mean 'churn'?"
    assert suggest("xyz", []) == "None is defined."
    many = [f"kpi_{number}" for number in range(30)]
    assert suggest("zzz", many).endswith("and 18 more.")


def test_an_unknown_name_is_a_key_error_that_reads_like_a_sentence():
    with pytest.raises(KeyError) as caught:
        raise UnknownNameError("KPI", "chrn", ["churn"], where="strategy.yaml")
    assert str(caught.value) == ("strategy.yaml: there is no KPI 'chrn'. Did you mean 'churn'?")
    assert isinstance(caught.value, KpikitError)


def test_faults_stand_in_the_order_of_their_lines_and_once():
    faults = [Fault(9, "b", "is wrong."), Fault(2, "a", "is wrong."), Fault(9, "b", "is wrong.")]
    error = StrategyError("s.yaml", faults)
    assert str(error) == "s.yaml: 2 faults.\n  line 2: a: is wrong.\n  line 9: b: is wrong."
