"""Jobs run at least once, one at a time for a key, and are asked for by a transaction."""

import logging
import threading
import time
from datetime import timedelta

import pytest

from dashboard.jobs import Again, Jobs
from dashboard.jobs import jobs as port
from dashboard.settings import Settings


def test_a_job_is_done_with_its_arguments(jobs, diary):
    jobs.register("greet", lambda job: diary.write((job.kind, job.args, job.attempt)))
    jobs.start()
    jobs.enqueue("greet", {"name": "Анна", "n": 1})

    assert diary.wait(1) == [("greet", {"name": "Анна", "n": 1}, 1)]


def test_a_job_enqueued_before_anybody_works_is_done_later(jobs, diary):
    jobs.register("greet", lambda job: diary.write(job.args["n"]))
    jobs.enqueue("greet", {"n": 1})
    waiting = jobs.stats().queued
    jobs.start()

    assert waiting == 1
    assert diary.wait(1) == [1]


def test_jobs_of_one_key_never_overlap_whatever_their_priority(jobs, diary):
    def slow(_job):
        diary.write("in")
        time.sleep(0.1)
        diary.write("out")

    jobs.register("slow", slow)
    for priority in (1, 10, 20, 1, 10, 20):
        jobs.enqueue("slow", {}, key="con_1", priority=priority)
    jobs.start()

    assert diary.wait(12, 30) == ["in", "out"] * 6


def test_jobs_of_different_keys_run_side_by_side(jobs, diary):
    together = threading.Barrier(3, timeout=10)

    def meet(job):
        together.wait()
        diary.write(job.args["n"])

    jobs.register("meet", meet)
    jobs.start()
    for n in range(3):
        jobs.enqueue("meet", {"n": n}, key=f"con_{n}")

    assert sorted(diary.wait(3)) == [0, 1, 2]


def test_interactive_jobs_do_not_wait_behind_bulk(jobs, diary, until):
    release = threading.Event()
    jobs.register("bulk", lambda _: release.wait(20))
    jobs.register("button", lambda _: diary.write("button"))
    for _ in range(40):
        jobs.enqueue("bulk", {}, priority=20)
    jobs.start()
    until(lambda: jobs.stats().running >= 32)
    jobs.enqueue("button", {}, priority=1)

    done = diary.wait(1)
    queued = jobs.stats().queued
    release.set()
    assert done == ["button"]
    assert queued > 0


def test_the_same_once_is_done_once(jobs, diary):
    jobs.register("hook", lambda job: diary.write(job.args["n"]))
    jobs.start()
    for n in range(3):
        jobs.enqueue("hook", {"n": n}, once="delivery-1")
    diary.wait(1)
    jobs.enqueue("hook", {"n": 3}, once="delivery-1")
    jobs.enqueue("hook", {"n": 4}, once="delivery-2")

    assert diary.wait(2) == [0, 4]


def test_a_delayed_job_waits(jobs, diary):
    jobs.register("later", lambda _: diary.write(time.monotonic()))
    jobs.start()
    asked = time.monotonic()
    jobs.enqueue("later", {}, delay=timedelta(seconds=1))

    assert diary.wait(1)[0] - asked >= 0.95


def test_again_runs_the_same_job_with_the_next_attempt(jobs, diary):
    def ask_twice(job):
        diary.write((job.id, job.attempt))
        if job.attempt < 3:
            raise Again(timedelta(seconds=0.1))

    jobs.register("ask", ask_twice)
    jobs.start()
    jobs.enqueue("ask", {}, key="con_1")

    lines = diary.wait(3)
    assert [attempt for _, attempt in lines] == [1, 2, 3]
    assert len({job_id for job_id, _ in lines}) == 1


def test_an_unexpected_error_is_tried_again_and_logged_without_its_words(jobs, diary, caplog):
    def stumble(job):
        diary.write(job.attempt)
        if job.attempt == 1:
            raise ValueError("token sk_live_4242")

    jobs.register("stumble", stumble)
    with caplog.at_level(logging.DEBUG):
        jobs.start()
        jobs.enqueue("stumble", {"secret": "sk_live_4242"})
        lines = diary.wait(2)

    assert lines == [1, 2]
    assert "kind=stumble" in caplog.text
    assert "error=ValueError" in caplog.text
    assert "4242" not in caplog.text


def test_a_job_that_always_fails_is_dead_in_the_end(jobs, until, monkeypatch):
    def fail(_job):
        raise ValueError("never")

    monkeypatch.setattr(port, "ATTEMPTS", 1)
    jobs.register("fail", fail)
    jobs.start()
    jobs.enqueue("fail", {})

    assert until(lambda: jobs.stats().dead == 1)
    assert jobs.stats().queued == jobs.stats().delayed == 0


def test_a_job_is_part_of_the_callers_transaction(jobs, store, diary):
    jobs.register("publish", lambda job: diary.write(job.args["n"]))
    jobs.start()
    with pytest.raises(ZeroDivisionError), store.transaction() as session:  # noqa: PT012
        jobs.enqueue_in(session, "publish", {"n": 1})
        raise ZeroDivisionError
    with store.transaction() as session:
        jobs.enqueue_in(session, "publish", {"n": 2})

    assert diary.wait(1) == [2]


def test_the_web_role_only_enqueues(jobs, diary):
    jobs.register("work", lambda _: diary.write("worked"))
    jobs.every("tick", 0.1, lambda: diary.write("ticked"))
    jobs.start("web")
    jobs.enqueue("work", {})
    seen = diary.wait(1, seconds=1.5)
    stats = jobs.stats()

    assert seen == []
    assert stats.queued == 1
    assert len(stats.executors) == 1


def test_ticks_go_on_after_one_has_failed(jobs, diary):
    def tick():
        diary.write("tick")
        raise ValueError("once in a while")

    jobs.every("tick", 0.05, tick)
    jobs.start()

    assert diary.wait(3)[:3] == ["tick"] * 3


def test_an_engine_can_be_stopped_and_started_again_and_again(store, tmp_path, diary):
    for n in range(3):
        jobs = Jobs(store, Settings(data_dir=tmp_path))
        jobs.register("count", lambda job: diary.write(job.args["n"]))
        jobs.start()
        jobs.enqueue("count", {"n": n}, priority=1)
        diary.wait(n + 1)
        jobs.stop()

    assert diary.lines == [0, 1, 2]
    assert jobs.stats().executors == []


def test_stopping_finishes_what_runs_and_leaves_the_rest(jobs, diary):
    def work(_job):
        diary.write("begun")
        time.sleep(0.5)
        diary.write("ended")

    jobs.register("work", work)
    jobs.start()
    jobs.enqueue("work", {}, key="a")
    jobs.enqueue("work", {}, key="a")
    diary.wait(1)
    jobs.stop()

    assert diary.lines == ["begun", "ended"]
    assert jobs.stats().queued == 1


def test_two_engines_in_one_process_are_refused(jobs, store, tmp_path):
    jobs.start()

    with pytest.raises(RuntimeError):
        Jobs(store, Settings(data_dir=tmp_path)).start()
