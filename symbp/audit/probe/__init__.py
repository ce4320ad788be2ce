"""Run a backward pass that a person wrote, and read its gradients off.

This part runs in a process of its own, where the person's code is imported. In come a file, the
name of a function, and numbers for each parameter and input of a network; out come gradients by
the network's parameters, once for each way of calling the code that goes through.
Read first `run.py` (the ways), then `subject.py` (what of a file is run), `names.py` (whose name
means what), `binding.py` (what is given for an argument) and `effects.py` (gradients, from what is
returned or from what has changed).
"""
