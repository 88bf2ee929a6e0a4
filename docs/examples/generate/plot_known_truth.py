"""
Rows and errors whose truth is known
====================================

To see what a method does, one needs to know what is right. These functions make rows by
a rule, and put errors into any table.
"""

# %%
# Three normal blobs in the plane, and a fourth, anomalous one.
import matplotlib.pyplot as plt

from skanomaly.datasets import make_gaussian_blobs

X, y = make_gaussian_blobs((200, 400, 300), n_anomalies=300, random_state=0)
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for label, name, color in ((0, "normal", "#0072B2"), (1, "anomalous", "#D55E00")):
    ax.plot(*X[y == label].T, ".", color=color, label=name, alpha=0.6)
ax.legend(loc="center")
ax.set_title("make_gaussian_blobs")

# %%
# A table in which every row is possible, and anomalous if its sum exceeds ten.
from skanomaly.datasets import make_sum_limit

rows, is_anomaly = make_sum_limit("all", as_frame=True)
print(f"{is_anomaly.sum()} of {len(rows)} possible rows are anomalous")
rows.assign(sum=rows.sum(axis=1), is_anomaly=is_anomaly).sample(3, random_state=0)

# %%
# Errors for any table: other values of the column, typing errors, missing cells. The
# mask says where. Each is put in at random, so unlike many real errors they do not
# depend on the rest of the row. In a column of numbers, as here, an error is the value
# of another row.
from sklearn.datasets import load_wine

from skanomaly.datasets import inject_cell_errors

wines = load_wine(as_frame=True).data
dirty, is_wrong = inject_cell_errors(wines, rate=0.05, random_state=0)
print(f"{is_wrong.sum()} of {is_wrong.size} cells are wrong")

figure, ax = plt.subplots(figsize=(9, 3.4), layout="constrained")
ax.imshow(is_wrong.T, aspect="auto", cmap="Greys", interpolation="nearest")
ax.set_yticks(range(wines.shape[1]), wines.columns, fontsize="small")
ax.set(title="inject_cell_errors", xlabel="row")
plt.show()
