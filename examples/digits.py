"""Handwritten digits, the network of digits.bp in the Python form.

symbp derive examples/digits.py:net           read the gradients
symbp build  examples/digits.py:net -o DIR    write DIR/digits.py
"""

import symbp as bp

x = bp.input("x", "N", 64)
t = bp.label("t", "N", classes=10)
h = bp.dense(x, 32, bp.relu)
logits = bp.dense(h, 10)

net = bp.network(
    "digits",
    loss=bp.cross_entropy(logits, t),
    output=bp.softmax(logits),
    optimizer=bp.adam(learning_rate=1e-3),
)
