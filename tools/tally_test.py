import tally

JUNIT = """<testsuites><testsuite>
<testcase classname="Store" name="Keeps" status="run" result="completed"/>
<testcase classname="Store" name="Loses"><failure message="x"/></testcase>
<testcase classname="Store" name="Waits"><skipped/></testcase>
</testsuite></testsuites>"""


def write(folder, steps, junit=JUNIT):
    (folder / "a.xml").write_text(junit)
    (folder / "stages.tsv").write_text("unit\t12\t10\n")
    (folder / "steps.tsv").write_text("".join("\t".join(map(str, step)) + "\n" for step in steps))


def test_sums_cases_and_steps_and_names_what_did_not_pass(tmp_path):
    write(tmp_path, [("unit", "store", 1, 1, tmp_path / "a.xml"), ("unit", "order", 0, 1, "-")])
    lines, good = tally.summarize(tmp_path, strict=False)
    assert lines[-1] == "2 passed, 1 failed, 1 skipped"
    assert "FAILED  unit: Store.Loses" in lines and "SKIPPED unit: Store.Waits" in lines
    assert lines[1].split() == ["unit", "12", "10", "2", "1", "1", "over", "budget"]
    assert not good


def test_a_crash_after_passing_cases_is_a_failure(tmp_path):
    write(tmp_path, [("unit", "store", 134, 1, tmp_path / "a.xml")], JUNIT.replace('<failure message="x"/>', ""))
    lines, good = tally.summarize(tmp_path, strict=False)
    assert "FAILED  unit: store (exit status 134)" in lines
    assert not good


def test_a_runner_that_ran_nothing_is_a_failure(tmp_path):
    write(tmp_path, [("unit", "store", 0, 1, tmp_path / "a.xml")], "<testsuites/>")
    assert not tally.summarize(tmp_path, strict=False)[1]
    write(tmp_path, [("unit", "store", 0, 1, tmp_path / "missing.xml")])
    assert tally.summarize(tmp_path, strict=False)[0][-1] == "0 passed, 1 failed, 0 skipped"


def test_skipping_fails_where_it_must_not_happen(tmp_path):
    write(tmp_path, [("unit", "store", 0, 1, tmp_path / "a.xml")], JUNIT.replace('<failure message="x"/>', ""))
    assert tally.summarize(tmp_path, strict=False)[1]
    assert not tally.summarize(tmp_path, strict=True)[1]
