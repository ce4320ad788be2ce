"""Drawn by chance, held against what must hold: the compiler's own trials.

    networks.py   descriptions of whole networks: layers, activations, losses, shapes
    trial.py      one network: NumPy, C, the interpreter and complex steps must agree
    text.py       descriptions that are hostile or spoilt: a result, or one clear error

Everything is drawn from a seed and a number, so that each case can be drawn again by itself.
"""
