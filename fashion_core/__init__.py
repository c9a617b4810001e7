"""Fashion CNN Lab's core: trains and asks small networks on Fashion-MNIST, with no user interface.

Facts and choices are in `metadata` and `config`; `training` and `predict` are good places to begin.
"""
