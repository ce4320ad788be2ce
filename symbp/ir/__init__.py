"""The language that the middle stages share: equations in index notation.

    program  ::= tensor* equation*
    tensor   ::= role name[size, ...]    role: input, target, label, param, ...
    equation ::= name[g(i), ...] (op)= e( x1[g1(i)], x2[g2(i)], ... )        for all i in a box
    op       ::= sum | max | min                 how values that meet at one place combine
    size     ::= whole number or symbol          index i runs over 0 .. size-1
    g        ::= integer expression in the indices and in elements of integer tensors
    e        ::= scalar SymPy expression of accesses, indices, sizes, numbers, `where`

Nothing here knows how a program was written, differentiated or emitted. Read first
`program.py` (the nodes), then `interpret.py` (what a program means), `check.py` (which
programs are well formed) and `text.py` (how they are written down). `trace.py` is how passes tell
what they do.
"""
