"""Busy is a fact: no loss, doubling or reordering of messages, and no death, makes it wrong.

The histories below are made up for a kernel of the test's own: it has shells that each run one
request after the other, clients whose requests it takes in any order, messages on their way
that are lost or come twice, and processes that die. What is true is read off that kernel.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ramon_notebook.execution import running
from ramon_notebook.execution.running import OVERTAKEN, Question, Running

EXAMPLES = int(os.environ.get("EXAMPLES", "100"))
"""Histories that are tried. A longer run: EXAMPLES=20000."""
ENOUGH_FOR_A_MISTAKE = 2000

KERNEL = "kernel"
SHELLS = ["", "sub"]
CHOICES = st.integers(0, 11)
FATES = st.sampled_from(["once", "once", "once", "twice", "lost"])


def request(msg_id: str, shell: str = "") -> dict[str, Any]:
    return {"msg_id": msg_id, "msg_type": "execute_request"} | (
        {"subshell_id": shell} if shell else {}
    )


def said(header: dict[str, Any], kind: str, **content: Any) -> dict[str, Any]:
    return {"header": {"msg_type": kind}, "parent_header": header, "content": content}


def begun(header: dict[str, Any]) -> dict[str, Any]:
    return said(header, "status", execution_state="busy")


def ended(header: dict[str, Any]) -> dict[str, Any]:
    return said(header, "status", execution_state="idle")


@dataclass
class Job:
    """A request that a kernel has got: to execute something, or a question."""

    header: dict[str, Any]
    question: Question | None = None
    told: bool = False
    """Whether we have heard that it began."""
    passed: int = 0
    """Answers that we have heard to questions which were asked after the request."""
    asked_by_page: bool = False


@dataclass
class Shell:
    """What a shell runs, and what its clients want: each client's requests stay in order."""

    now: Job | None = None
    waiting: dict[str, list[Job]] = field(default_factory=dict)

    def takes(self, client: str) -> bool:
        return self.now is None and bool(self.waiting.get(client))


class Histories(RuleBasedStateMachine):
    """One kernel, its clients, and what we hear of them."""

    def __init__(self) -> None:
        super().__init__()
        self.running = Running()
        self.count = 0
        self.lives = True
        self.noticed = True
        self.shells = {name: Shell() for name in SHELLS}
        self.jobs: dict[str, Job] = {}
        self.published: list[dict[str, Any]] = []
        self.replies: list[str] = []
        self.answers: list[Question] = []

    @precondition(lambda self: self.lives)
    @rule(client=st.sampled_from(["page", "other page", "console"]), shell=st.sampled_from(SHELLS))
    def somebody_runs_a_cell(self, client: str, shell: str) -> None:
        self.count += 1
        job = Job(request(f"e{self.count}", shell), asked_by_page=client != "console")
        self.jobs[job.header["msg_id"]] = job
        self.shells[shell].waiting.setdefault(client, []).append(job)
        if job.asked_by_page:
            self.running.requested(KERNEL, job.header)

    @precondition(lambda self: self.lives)
    @rule(choice=CHOICES, fate=FATES, reply=FATES)
    def the_kernel_goes_on(self, choice: int, fate: str, reply: str) -> None:
        """A shell takes the next request of a client, or ends what it runs."""
        takes = [
            (name, client)
            for name, shell in self.shells.items()
            for client in shell.waiting
            if shell.takes(client)
        ]
        ends = [name for name, shell in self.shells.items() if shell.now]
        chosen = choice % max(len(takes) + len(ends), 1)
        if chosen < len(takes):
            self.take(*takes[chosen], fate)
        elif ends:
            self.end(ends[chosen - len(takes)], fate, reply)

    def take(self, shell: str, client: str, fate: str) -> None:
        job = self.shells[shell].waiting[client].pop(0)
        if job.question:
            self.answers.append(job.question)
            return
        self.shells[shell].now = job
        self.publish(begun(job.header), fate)

    def end(self, shell: str, idle: str, reply: str) -> None:
        job = self.shells[shell].now
        if job is None:
            return
        self.shells[shell].now = None
        self.publish(ended(job.header), idle)
        if job.asked_by_page and reply != "lost":
            self.replies.append(job.header["msg_id"])

    def publish(self, message: dict[str, Any], fate: str) -> None:
        self.published += [message] * {"once": 1, "twice": 2, "lost": 0}[fate]

    @rule(choice=CHOICES)
    def something_arrives(self, choice: int) -> None:
        """The next message of one channel: what comes by different ones has no order."""
        channels = [
            (self.published, self.we_hear_what_the_kernel_publishes),
            (self.replies, self.we_hear_a_reply),
            (self.answers, self.we_hear_an_answer),
        ]
        arriving = [hear for messages, hear in channels if messages]
        if arriving:
            arriving[choice % len(arriving)]()

    def we_hear_what_the_kernel_publishes(self) -> None:
        message = self.published.pop(0)
        self.running.published(KERNEL, message)
        if message["content"]["execution_state"] == "busy":
            self.jobs[message["parent_header"]["msg_id"]].told = True

    def we_hear_a_reply(self) -> None:
        self.running.replied(KERNEL, self.replies.pop(0))

    @precondition(lambda self: self.lives)
    @rule()
    def we_ask(self) -> None:
        for question in self.running.questions(KERNEL):
            self.shells[question.shell].waiting.setdefault("we", []).append(
                Job({"subshell_id": question.shell}, question)
            )

    def we_hear_an_answer(self) -> None:
        question = self.answers.pop(0)
        self.running.answered(question)
        for msg_id in question.waiting:
            self.jobs[msg_id].passed += 1

    @precondition(lambda self: self.lives)
    @rule(choice=CHOICES)
    def the_process_dies(self, choice: int) -> None:
        if choice > 3:  # processes live longer than most requests
            return
        self.lives = self.noticed = False
        for shell in self.shells.values():
            shell.now = None
            shell.waiting.pop("we", None)

    @precondition(lambda self: not self.lives and not self.noticed)
    @rule(heard=st.booleans(), kept=st.booleans())
    def we_notice_that_the_process_is_dead(self, heard: bool, kept: bool) -> None:
        if heard:
            while self.published:
                self.we_hear_what_the_kernel_publishes()
        cut_off = self.running.process_ended(KERNEL)
        assert all(job.header["msg_id"] in self.jobs for job in cut_off)
        self.noticed = True
        for shell in self.shells.values():
            if not kept:
                shell.waiting.clear()
        for job in self.jobs.values():
            job.told = job.asked_by_page = False
        assert not self.running.unfinished(KERNEL)

    @precondition(lambda self: not self.lives and self.noticed)
    @rule()
    def a_new_process_starts(self) -> None:
        self.lives = True

    @invariant()
    def what_runs_counts_if_we_could_know(self) -> None:
        if not self.lives:
            return
        known = {execution.msg_id for execution in self.running.unfinished(KERNEL)}
        for name, shell in self.shells.items():
            queued = [job for jobs in shell.waiting.values() for job in jobs if not job.question]
            for job in [*([shell.now] if shell.now else []), *queued]:
                could_know = job.told or (job.asked_by_page and job.passed < OVERTAKEN)
                assert not could_know or job.header["msg_id"] in known, (name, job)

    def all_comes_to_rest(self) -> None:
        """However much was lost: a kernel that runs nothing is found out not to be busy."""
        for _ in range(OVERTAKEN + 1):
            self._run_everything()
            self.we_ask()
            self._run_everything()
        assert not self.running.unfinished(KERNEL)

    def _run_everything(self) -> None:
        for name, shell in self.shells.items():
            self.end(name, "lost", "lost")
            for client in list(shell.waiting):
                while shell.waiting[client]:
                    self.take(name, client, "lost")
                    self.end(name, "lost", "lost")
        while self.published:
            self.we_hear_what_the_kernel_publishes()
        while self.replies:
            self.we_hear_a_reply()
        while self.answers:
            self.we_hear_an_answer()

    def teardown(self) -> None:
        if not self.noticed:
            self.we_notice_that_the_process_is_dead(heard=False, kept=True)
        self.lives = True
        self.all_comes_to_rest()


def make_up(examples: int, *, the_same: bool = False) -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=the_same,
        ),
    )


def test_what_runs_is_busy_and_what_does_not_is_found_out_in_every_history() -> None:
    make_up(EXAMPLES)


def ends_what_began_after_the_question(patch: pytest.MonkeyPatch) -> None:
    real = Running.answered

    def answered(self: Running, question: Question) -> None:
        for msg_id in question.waiting:
            self._of(question.kernel_id).unfinished.pop(msg_id, None)
        real(self, question)

    patch.setattr(Running, "answered", answered)


def never_asks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Running, "questions", lambda *_: [])


def waits_for_requests_that_are_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(running, "OVERTAKEN", 1_000)


def forgets_what_is_finished(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(running, "FINISHED", 0)


def has_one_shell(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(running.Unfinished, "shell", "")


def hears_replies_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Running, "published", lambda *_: None)


@pytest.mark.parametrize(
    "mistake",
    [
        ends_what_began_after_the_question,
        never_asks,
        waits_for_requests_that_are_lost,
        hears_replies_alone,
    ],
    ids=lambda mistake: mistake.__name__,
)
def test_each_mistake_is_found_by_some_history(
    mistake: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mistake(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        make_up(ENOUGH_FOR_A_MISTAKE, the_same=True)


def test_a_late_message_does_not_revive_what_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    header = request("e1")

    def revived() -> bool:
        known = Running()
        known.requested(KERNEL, header)
        known.replied(KERNEL, "e1")
        known.published(KERNEL, begun(header))  # of another channel, and later
        return bool(known.unfinished(KERNEL))

    assert not revived()
    forgets_what_is_finished(monkeypatch)
    assert revived()


def test_an_answer_of_one_shell_says_nothing_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    header = request("e1", "sub")

    def ends_unheard() -> bool:
        known = Running()
        known.requested(KERNEL, header)
        known.published(KERNEL, begun(header))
        for question in known.questions(KERNEL):
            if question.shell == "":  # the other one runs e1 yet, and answers nothing
                known.answered(question)
        return not known.unfinished(KERNEL)

    assert not ends_unheard()
    has_one_shell(monkeypatch)
    assert ends_unheard()


def test_only_executions_count() -> None:
    known = Running()
    for kind in ("kernel_info_request", "comm_msg", "complete_request", "debug_request"):
        known.published(KERNEL, begun({"msg_id": kind, "msg_type": kind}))
    known.published(KERNEL, {"header": {"msg_type": "status"}, "content": {}, "parent_header": {}})
    known.published(KERNEL, said(request("e1"), "stream", text="of a thread whose cell has ended"))
    assert not known.unfinished(KERNEL)
    assert known.last_change is None
