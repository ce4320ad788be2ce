"""Losses with names, each with its own parameters: a network each, of one description."""

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from symbp.cli import main
from symbp.compiler import gradient_program, load, specs
from symbp.errors import LanguageError
from symbp.ir.text import text as written
from symbp.lang.parser import parse, parse_all
from tests.system.support import TARGETS, built, drawn

SHARED = """
network game
input  z[N, 3]
target x[N, 2]
param  shift[2] frozen
inner  = dense(z, 4, tanh)
fake   = dense(inner, 2)
value  points[2, N, 2]
points[0, n, i] = x[n, i]
points[1, n, i] = fake[n, i] + shift[i]
seen   = dense(points, 4, tanh)
score  = dense(seen, 1)
output fake
penalty l2(0.01)
"""
CRITIC = "mean[n](softplus(-score[0, n, 0]) + softplus(score[1, n, 0]))"
GENERATOR = "mean[n](softplus(-score[1, n, 0]))"
GAME = f"""{SHARED}
loss critic    = {CRITIC} trains seen, score
loss generator = {GENERATOR} trains fake, inner_W, inner_b
optimizer sgd(learning_rate=0.1)
optimizer critic = momentum(learning_rate=0.2)
clip generator = norm(1)
"""
ALONE = {
    "critic": f"loss {CRITIC}\nfreeze inner, fake\noptimizer momentum(learning_rate=0.2)",
    "generator": f"loss {GENERATOR}\nfreeze seen, score\nclip norm(1)\n"
    "optimizer sgd(learning_rate=0.1)",
}
"""What each loss would be in a description of its own."""


@pytest.mark.parametrize("loss", ALONE)
def test_a_named_loss_is_the_network_of_that_loss_alone(loss):
    one = parse(GAME, loss=loss)
    other = parse(SHARED.replace("game", f"game_{loss}") + ALONE[loss])
    assert one.name == other.name
    assert one.program.given() == other.program.given()
    assert one.update == other.update
    assert written(gradient_program(one)[0]) == written(gradient_program(other)[0])


@pytest.mark.parametrize("target", TARGETS)
def test_both_modules_begin_alike_and_each_step_moves_its_own_parameters(target):
    critic, generator = (built(net, target) for net in parse_all(GAME).values())
    assert critic.PARAMETERS == generator.PARAMETERS
    assert critic.INPUTS == generator.INPUTS
    assert (critic.NAME, generator.NAME) == ("game_critic", "game_generator")
    for name, array in critic.init_params(3).items():
        np.testing.assert_array_equal(array, generator.init_params(3)[name])
    params = drawn(critic)
    rng = np.random.default_rng(0)
    z, x = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)) + 3
    for module in (critic, generator, critic):
        before = {n: v.copy() for n, v in params.items()}
        module.train_step(params, module.init_state(params), z, x)
        moved = {n for n in params if not np.array_equal(params[n], before[n])}
        assert moved == set(module.TRAINED)
    assert {*critic.TRAINED, *generator.TRAINED} == {*critic.PARAMETERS} - {"shift"}


def test_a_parameter_may_be_trained_by_two_losses():
    both = GAME.replace("trains seen, score", "trains seen, score, fake")
    trained = [{t.name for t in net.program.trained()} for net in parse_all(both).values()]
    assert trained[0] & trained[1] == {"fake_W", "fake_b"}


def test_a_file_with_named_losses_is_as_many_specs(tmp_path):
    path = tmp_path / "game.bp"
    path.write_text(GAME)
    assert specs(str(path)) == (f"{path}:critic", f"{path}:generator")
    assert load(f"{path}:critic") == replace(parse(GAME, str(path), "critic"))
    for spec, said in ((path, "has several losses, a network each"), (f"{path}:z", "no loss z")):
        with pytest.raises(LanguageError, match=said) as caught:
            load(str(spec))
        assert f"Say which: {path}:critic or {path}:generator" in str(caught.value)


def test_an_only_loss_needs_no_name_to_be_found(tmp_path):
    path = tmp_path / "up.bp"
    text = "network up\ninput x[N]\nparam w\nv = w*x\noutput v\nloss a = mean[n](v[n]) trains w"
    path.write_text(text)
    assert load(str(path)).name == "up_a"
    path.write_text(text.replace("loss a = ", "loss ").replace(" trains w", ""))
    with pytest.raises(LanguageError, match="Its only one has no name"):
        load(f"{path}:a")


def test_build_writes_a_module_for_each_loss_and_check_takes_one(tmp_path):
    path = tmp_path / "game.bp"
    path.write_text(GAME)
    run = CliRunner().invoke(main, ["build", str(path), "-o", str(tmp_path)])
    assert run.stdout.split() == [str(tmp_path / f"game_{loss}.py") for loss in ALONE]
    header = (tmp_path / "game_critic.py").read_text()
    assert "symbp build game.bp:critic --target numpy --dtype float64" in header
    assert CliRunner().invoke(main, ["check", f"{path}:generator"]).exit_code == 0
    assert CliRunner().invoke(main, ["check", str(path)]).exit_code == 2
