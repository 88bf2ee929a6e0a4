"""A user's program, to be read by mypy and never run: `test_types.py` does.

A line with a mistake ends in the code of the error that mypy must find there, as in
``# E: arg-type``; on all other lines it must find none, even with ``--strict``.
"""

from typing import Any, assert_type

import numpy as np
import pandas as pd  # type: ignore[import-untyped, unused-ignore]
import polars as pl
import torch
from matplotlib import pyplot as plt
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]

import skanomaly
from skanomaly import classifiers, datasets, displays, metrics, nets, samplers
from skanomaly.base import BaseDetector
from skanomaly.correctors import (
    AnomalyCorrector,
    BeamSearch,
    DiffusionInpainter,
    GradientSearch,
    InverseGradientRepair,
    NoisyChannelCorrector,
)
from skanomaly.detectors import (
    VAE,
    AnoGAN,
    AutoEncoder,
    DeepSVDD,
    FastAnoGAN,
    GeometricTransformations,
    MultiEncoderAutoEncoder,
    NoiseContrastiveAutoEncoder,
    NormalizingFlow,
    OutlierDiscriminator,
    VAEEnsemble,
    WGANEnsemble,
)
from skanomaly.pyod import PyODDetector, to_pyod

X = np.zeros((10, 2))
Scores = NDArray[np.float64]


class Distance(BaseDetector):
    """A detector of the user's own."""

    def _fit(self, X: NDArray[np.float64]) -> None:
        self.center_ = X.mean(axis=0)

    def _score(self, X: NDArray[np.float64]) -> Scores:
        scores: Scores = np.abs(X - self.center_).sum(axis=1)
        return scores


def detectors() -> None:
    detector = Distance(contamination=0.2).fit(X)
    assert_type(detector, Distance)
    assert_type(detector.score_samples(X), Scores)
    assert_type(detector.calibrate([[0.0, 1.0]]).predict(X), NDArray[np.int64])
    assert_type(detector.score(pl.DataFrame({"a": [1.0]})), float)
    assert_type(detector.offset_, float)
    detector.decision_function(pd.DataFrame(X))
    detector.decision_function(torch.zeros(3, 2))
    detector.decision_function([np.zeros(2), np.ones(2)])
    Distance(contamination="0.2")  # E: arg-type
    Distance(contaminations=0.2)  # E: call-arg
    Distance(0.2)  # E: call-arg
    detector.fit(3.0)  # E: arg-type
    detector.fit([1.0, 2.0])  # E: arg-type
    detector.predict(None)  # E: arg-type
    detector.predict()  # E: call-arg
    len(detector.score(X))  # E: arg-type


def parameters_of_autoencoders() -> None:
    AutoEncoder(nets.MLP, latent_dim=4, hidden_units=(8,), noise=0.1, n_neighbors=None)
    AutoEncoder(activation=torch.nn.ELU, optimizer=torch.optim.SGD, max_epochs="auto")
    MultiEncoderAutoEncoder(encoders=("dense", nets.MLP), contamination=0.1)
    NoiseContrastiveAutoEncoder(score_type="total", noise=(0.1, 1.0), verbose=1)
    # Those of the network, the optimizer and the like are not in the signature.
    further: dict[str, Any] = {"module__bias": True, "optimizer__eps": 1e-6}
    AutoEncoder(latent_dim=4, **further)
    AutoEncoder(latent_dim="four")  # E: arg-type
    AutoEncoder(max_epoch=3)  # E: call-arg
    AutoEncoder(max_epochs="all")  # E: arg-type
    AutoEncoder(hidden_units=8)  # E: arg-type
    AutoEncoder(optimizer="adam")  # E: arg-type
    MultiEncoderAutoEncoder(encoders="dense")
    MultiEncoderAutoEncoder(encoders=3)  # E: arg-type
    NoiseContrastiveAutoEncoder(objective="friendly")  # E: arg-type
    NoiseContrastiveAutoEncoder(classifier_weigth=1.0)  # E: call-arg


def parameters_of_generative_models() -> None:
    VAE(likelihood="bernoulli", prior="flow", beta=2.0, score_type="iwae")
    VAEEnsemble(n_estimators=3, statistic="waic", prior="mixture", bootstrap=True)
    NormalizingFlow("nsf", n_transforms=2, hidden_units=[8, 8], lr_schedule="constant")
    AnoGAN(feature_weight=0.2, n_steps=10, random_state=np.random.RandomState(0))
    FastAnoGAN(penalty=1, n_critic=3, image_shape=(1, 8, 8))
    WGANEnsemble(n_estimators=3, n_critic_long=10, dropout=0.1)
    VAE(likelihood="normal")  # E: arg-type
    VAE(n_estimators=3)  # E: call-arg
    VAEEnsemble(statistic=3)  # E: arg-type
    VAEEnsemble(score_type="likelihood")  # E: arg-type
    NormalizingFlow("realnvp")  # E: arg-type
    NormalizingFlow(latent_dim=3)  # E: call-arg
    AnoGAN(n_steps=0.5)  # E: arg-type
    FastAnoGAN(n_restarts=2)  # E: call-arg
    WGANEnsemble(n_estimators="five")  # E: arg-type


def parameters_of_classifying_detectors() -> None:
    DeepSVDD(objective="soft-boundary", latent_dim=None, pretrain_epochs="auto")
    GeometricTransformations(n_transformations=8, score_type="softmax", margin=2)
    OutlierDiscriminator(samplers.UniformSampler(), n_outliers=100)
    OutlierDiscriminator([[7.0, 7.0]], nets.MLP, warm_start=True)
    DeepSVDD(objective="one")  # E: arg-type
    DeepSVDD(latent_dim=0.5)  # E: arg-type
    DeepSVDD(dropout=0.1)  # E: call-arg
    GeometricTransformations(score_type="geom")  # E: arg-type
    GeometricTransformations(statistic="mean")  # E: call-arg
    OutlierDiscriminator(0.5)  # E: arg-type
    OutlierDiscriminator(early_stopping=None)  # E: arg-type


def methods_of_detectors() -> None:
    encoder = AutoEncoder().fit(X).partial_fit(X[:1])
    assert_type(encoder, AutoEncoder)
    assert_type(encoder.score_samples(X), Scores)
    assert_type(encoder.decision_function(X), Scores)
    assert_type(encoder.predict(pd.DataFrame(X)), NDArray[np.int64])
    assert_type(encoder.calibrate(X), AutoEncoder)
    assert_type(encoder.encode(X), Scores)
    assert_type(encoder.reconstruct([[0.0, 1.0]]), Scores)
    assert_type(encoder.feature_scores(X), Scores)
    assert_type(encoder.latent_traversal(X, [0, 1], 2.0), Scores)
    frame = pl.DataFrame({"a": [1.0], "b": ["x"]})
    assert_type(encoder.reconstruct(frame), pl.DataFrame)
    assert_type(encoder.feature_scores(frame), pl.DataFrame)
    encoder.fit(frame, sample_weight=[1.0])
    AutoEncoder(categorical_features=["b"]).fit(frame)
    AutoEncoder(categorical_features=None).fit_predict(X)
    assert_type(encoder.set_params(latent_dim=3), AutoEncoder)
    assert_type(encoder.get_params()["latent_dim"], Any)
    assert_type(MultiEncoderAutoEncoder().fit(X), MultiEncoderAutoEncoder)
    assert_type(NoiseContrastiveAutoEncoder().fit(X).encode(X), Scores)
    assert_type(VAE().fit(X).sample(3, random_state=0), Any)
    ensemble = VAEEnsemble().fit(X)
    assert_type(ensemble.member_scores(X), Scores)
    assert_type(ensemble.bootstrap_scores(X, 3, random_state=0), Scores)
    assert_type(WGANEnsemble().fit(X).member_scores(X), Scores)
    flow = NormalizingFlow().fit(X)
    assert_type(flow.inverse_transform(flow.transform(X)), Any)
    assert_type(flow.sample(3), Any)
    assert_type(DeepSVDD().fit(X).center_, Scores)
    assert_type(DeepSVDD().fit(X).radius_, float)
    assert_type(AnoGAN().fit(X).residual(X), Scores)
    assert_type(FastAnoGAN().fit(X).feature_scores(X), Scores)
    assert_type(GeometricTransformations().fit(X), GeometricTransformations)
    assert_type(OutlierDiscriminator().fit(X).anomaly_score(X), Scores)
    encoder.fit(None)  # E: arg-type
    encoder.fit(X, n_epochs=3)  # E: call-arg
    encoder.encode()  # E: call-arg
    encoder.fit(X, weights=[1.0])  # E: call-arg
    encoder.feature_scores([1.0, 2.0])  # E: arg-type
    encoder.latent_traversal(X, 0, "double")  # E: call-overload
    ensemble.bootstrap_scores(X, n_bootstraps="ten")  # E: arg-type
    ensemble.sample(3, seed=0)  # E: call-arg
    flow.sample("3")  # E: arg-type
    len(DeepSVDD().radius_)  # E: arg-type


def classification() -> None:
    classifier = classifiers.OutlierExposureClassifier(
        samplers.UniformSampler(), nets.MLP, beta=0.5, score_type="energy"
    ).fit(X, ["a"] * 10)
    assert_type(classifier, classifiers.OutlierExposureClassifier)
    assert_type(classifier.predict_proba(X), Scores)
    assert_type(classifier.decision_function(X), Scores)
    assert_type(classifier.predict(X), NDArray[Any])
    assert_type(classifier.score_samples(X), Scores)
    classifier.fit(X)  # E: call-arg
    classifiers.OutlierExposureClassifier(score_type="entropy")  # E: arg-type
    classifiers.OutlierExposureClassifier(contamination=0.1)  # E: call-arg
    classifiers.OutlierExposureClassifier(beta="large")  # E: arg-type


def parameters_of_correctors() -> None:
    AnomalyCorrector(AutoEncoder(), alpha=0.1, max_edits=2, constraints=callable)
    AnomalyCorrector(inpainter=DiffusionInpainter(n_steps=10), random_state=0)
    DiffusionInpainter(formulation="gaussian", mask=np.zeros((10, 2), bool))
    DiffusionInpainter(mask=lambda table: table == 0, error_rate=0.1, n_bins=8)
    NoisyChannelCorrector(keys=["name", 3], fill=True, alpha=0.1)
    AnomalyCorrector(roles={"age": "flag", 3: "ignore"}, fill="auto", keys=None)
    DiffusionInpainter(immutable=("name",), categorical_features=np.ones(2, bool))
    InverseGradientRepair(search=BeamSearch(width=3), costs={"name": 2})
    InverseGradientRepair(make_pipeline(Distance()), search="exact", costs=[1, 2.5])
    AnomalyCorrector(max_edits="two")  # E: arg-type
    AnomalyCorrector(handle_unknown="raise")  # E: arg-type
    AnomalyCorrector(constraints="positive")  # E: arg-type
    AnomalyCorrector(immutable="name")  # E: arg-type
    AnomalyCorrector(formulation="absorbing")  # E: call-arg
    DiffusionInpainter(formulation="gauss")  # E: arg-type
    DiffusionInpainter(fill="mean")  # E: arg-type
    DiffusionInpainter(mask="all")  # E: arg-type
    NoisyChannelCorrector(fill="always")  # E: arg-type
    AnomalyCorrector(roles=["age"])  # E: arg-type
    DiffusionInpainter(error_rate="low")  # E: arg-type
    DiffusionInpainter("absorbing")  # E: call-arg
    InverseGradientRepair(thresholds=0.5)  # E: call-arg
    InverseGradientRepair(search="greedy")  # E: arg-type
    InverseGradientRepair(search=3)  # E: arg-type
    InverseGradientRepair(inpainter="diffusion")  # E: arg-type
    GradientSearch(n_iter=0.5)  # E: arg-type
    BeamSearch(10)  # E: call-arg


def methods_of_correctors() -> None:
    table = pl.DataFrame({"name": ["a", "b"], "place": ["c", "d"]})
    corrector = AnomalyCorrector().fit(table, [0, 1])
    assert_type(corrector, AnomalyCorrector)
    assert_type(corrector.transform(table), pl.DataFrame)
    assert_type(corrector.transform([["a", 1]]), NDArray[Any])
    assert_type(corrector.inverse_transform(table), pl.DataFrame)
    assert_type(corrector.error_proba(table), Scores)
    assert_type(corrector.inpainter_, DiffusionInpainter | None)
    corrector.propose(pd.DataFrame(X), n_candidates=3)
    corrector.report_["column"].value_counts()
    corrector.row_report_.status.eq("repaired")
    inpainter = DiffusionInpainter().fit(X)
    assert_type(inpainter.proba(X, X > 0)["name"], Scores)
    assert_type(inpainter.log_likelihood(table), Scores)
    inpainter.sample(3, random_state=0)
    repair = InverseGradientRepair().fit(X, np.ones(10))
    assert_type(repair.anomaly_proba(X), Scores)
    assert_type(repair.masks(table), NDArray[np.bool_])
    assert_type(repair.one_hot(X), Scores)
    corrector.fit(table, 1)  # E: arg-type
    corrector.fit(None)  # E: arg-type
    corrector.transform()  # E: call-overload
    corrector.transform(3.0)  # E: call-overload
    corrector.propose(table, n_candidates="all")  # E: arg-type
    inpainter.proba(table)  # E: call-arg
    inpainter.sample("3")  # E: arg-type
    inpainter.sample(seed=3)  # E: call-arg
    repair.masks(None)  # E: arg-type
    repair.inpainter_.fit(X)  # E: union-attr


def pyod() -> None:
    adapter = to_pyod(Distance(), X, contamination=0.1)
    scores = PyODDetector(adapter, random_state=0).fit(X).anomaly_score(X)
    assert_type(scores, Scores)
    to_pyod("knn")  # E: arg-type
    PyODDetector(adapter, random_state="0")  # E: arg-type


def metric_values() -> None:
    assert_type(metrics.anomaly_roc_auc([0, 1], [0.1, 0.9]), float)
    metrics.anomaly_roc_auc(pl.Series([0, 1]), X[:, 0], anomaly_label="bad")
    metrics.repair_report(X, X, is_anomaly=lambda rows: rows.sum(axis=1) > 1)
    metrics.total_variation([["a", 1]], [["b", None]])
    scorer = metrics.anomaly_scorer("fpr_at_tpr", tpr=0.9)
    assert_type(scorer(make_pipeline(Distance()), X, [0, 1]), float)
    metrics.anomaly_roc_auc([0, 1], 0.5)  # E: arg-type
    metrics.fpr_at_tpr([0, 1], [0.1, 0.9], 0.9)  # E: call-arg
    metrics.fpr_at_tpr([0, 1], [0.1, 0.9], tpr="most")  # E: arg-type
    metrics.anomaly_scorer("f1")  # E: arg-type
    metrics.anomaly_scorer("fpr_at_tpr", trp=0.9)  # E: call-arg
    metrics.repair_report(X, X, is_anomaly=True)  # E: arg-type
    metrics.auc([0, 1], [0.1, 0.9])  # E: attr-defined


def data_sets() -> None:
    rows, labels = datasets.make_gaussian_blobs((10, 20, 30), random_state=0)
    datasets.make_sum_limit("all", n_values=(2, 3))
    _, mask = datasets.inject_cell_errors(rows, kind="typo", columns=["city"])
    assert_type(mask, NDArray[np.bool_])
    *_, y_test = datasets.one_vs_rest(rows, labels, 1)
    assert_type(y_test, NDArray[np.int64])
    datasets.fetch_mnist(subset="all", data_home="data").target.sum()
    datasets.make_gaussian_blobs(n_samples="many")  # E: arg-type
    datasets.make_gaussian_blobs(n_sample=10)  # E: call-arg
    datasets.make_sum_limit("every")  # E: arg-type
    datasets.inject_cell_errors(rows, kind="swaps")  # E: arg-type
    datasets.fetch_mnist(subset="valid")  # E: arg-type
    datasets.fetch_categorical("iris")  # E: arg-type


def pictures() -> None:
    _, (left, right) = plt.subplots(1, 2)
    display = displays.ScoreDistributionDisplay.from_estimator(Distance(), X, ax=left)
    assert_type(display.plot(stat="count"), displays.ScoreDistributionDisplay)
    displays.ClusterDistanceDisplay.from_estimator(make_pipeline(Distance()), X, [0])
    displays.ReconstructionDisplay.from_predictions(X, X, X, ax=[left, right])
    displays.ScoreDistributionDisplay.from_estimator("AutoEncoder", X)  # E: arg-type
    displays.ScoreDistributionDisplay.from_estimator(Distance())  # E: call-arg
    displays.ClusterDistanceDisplay.from_estimator(Distance(), X)  # E: call-arg
    display.plot(stat="density")  # E: arg-type
    display.plot(ax="left")  # E: arg-type


def sampling() -> None:
    sampler = samplers.UniformSampler(margin=0.5).fit(X)
    assert_type(sampler.sample(3, random_state=0), Scores)
    analysis = samplers.ArchetypalAnalysis(3).fit(X)
    assert_type(analysis.transform(X), Scores)
    distant = samplers.FlowSampler((2, 3), kind="normal", flow=NormalizingFlow()).fit(X)
    assert_type(distant.sample(3, p=4.0), Scores)
    assert_type(distant.sample(3, return_latent=True), tuple[Scores, Scores])
    both: bool = len(X) > 3
    assert_type(distant.sample(return_latent=both), Scores | tuple[Scores, Scores])
    assert_type(distant.encode(X, y="a"), Scores)
    mixed = samplers.ArchetypalFlowSampler(3, [0.1, 0.2, 0.3]).fit(X)
    assert_type(mixed.sample(3, nullspace=False), Scores)
    assert_type(mixed.sample(return_mixtures=True), tuple[Scores, Scores])
    assert_type(mixed.reconstruct(X), Scores)
    samplers.FlowSampler(kind="outlier")  # E: arg-type
    samplers.FlowSampler(flow="maf")  # E: arg-type
    distant.sample(3, kind="outlier")  # E: call-overload
    samplers.ArchetypalFlowSampler(n_archetypes="ten")  # E: arg-type
    samplers.UniformSampler(margin="wide")  # E: arg-type
    sampler.sample("3")  # E: arg-type
    sampler.sample(random_state=0.5)  # E: arg-type
    samplers.ArchetypalAnalysis(n_archetype=3)  # E: call-arg
    samplers.NormalSampler()  # E: attr-defined


def networks() -> None:
    network = nets.build_network(nets.MLP, 4, 2, hidden_units=(8,))
    assert_type(network, nets.MLP)
    flow = nets.Flow(2, architecture="nsf")
    assert_type(flow.log_prob(torch.zeros(3, 2)), torch.Tensor)
    nets.MLP(4, 2, activation=torch.nn.Softplus)
    nets.MLP(4, "two")  # E: arg-type
    nets.MLP(4, 2, hidden_units=8)  # E: arg-type
    nets.MLP(4, 2, activation="rleu")  # E: arg-type
    nets.Flow(2, architecture="realnvp")  # E: arg-type
    nets.ConvEncoder((1, 28, 28))  # E: call-arg


def names() -> None:
    skanomaly.metrics.usefulness([0, 1], [0, 1])
    print(skanomaly.detector)  # E: attr-defined
