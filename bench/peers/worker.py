"""A peer in a process of its own, so that its threads, its settings and its way of ending affect nothing else."""

import importlib
import multiprocessing
import os
import signal

from machine import Failure

TEXT_MOST = 160


def serve(pipe, module, name, arguments, threads):
    """Make module.name(*arguments), then call its methods until the pipe is closed; runs in the peer's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the asking process decides what an interruption means
    os.environ["OMP_NUM_THREADS"] = str(threads)
    with open(os.devnull, "w") as nowhere:
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)
    peer, method = None, None
    while True:
        try:
            if peer:
                result = getattr(peer, method)(*arguments)
            else:
                peer, result = getattr(importlib.import_module(module), name)(*arguments), None
            pipe.send((True, result))
        except Exception as error:
            text = " ".join(str(error).split()) or "no message"
            text = text if isinstance(error, Failure) else f"{type(error).__name__}: {text}"
            pipe.send((False, text[:TEXT_MOST]))
        try:
            method, arguments = pipe.recv()
        except EOFError:
            return


class Worker:
    """Calls a peer's methods. Failure: what the peer raised, or that it ended."""

    def __init__(self, module, name, arguments, threads):
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, module, name, arguments, threads), daemon=True)
        self.process.start()
        other.close()
        self.pid = self.process.pid
        try:
            self.answer()
        except BaseException:
            self.close()
            raise

    def answer(self, *question):
        """The answer to the question, or to the worker's start."""
        try:
            if question:
                self.pipe.send(question)
            good, result = self.pipe.recv()
        except (EOFError, ConnectionResetError, BrokenPipeError) as error:
            self.process.join()
            raise Failure(f"its process ended with status {self.process.exitcode}") from error
        if not good:
            raise Failure(result)
        return result

    def call(self, method, *arguments):
        return self.answer(method, arguments)

    def close(self):
        self.pipe.close()
        self.process.terminate()
        self.process.join()
