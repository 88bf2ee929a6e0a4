"""The progress bar of a training: phase and epoch, the loss, and the time left."""

from tqdm.auto import tqdm

__all__ = ["Progress"]


class Progress:
    """A bar over all batches of a phase.

    Parameters
    ----------
    title : str
        What is trained.
    n_epochs, n_batches : int
        Passes over the rows, and batches in each.
    """

    def __init__(self, title, n_epochs, n_batches):
        self.n_epochs, self.n_batches = n_epochs, n_batches
        self.total = 0.0  # of the losses of the batches of this epoch
        self.bar = tqdm(total=n_epochs * n_batches, desc=title, unit="batch")

    def update(self, loss):
        """Count a batch, and show the mean loss of its epoch so far."""
        epoch, batch = divmod(self.bar.n, self.n_batches)
        self.total = loss if batch == 0 else self.total + loss
        mean = self.total / (batch + 1)
        text = f"epoch {epoch + 1}/{self.n_epochs}, loss {mean:.3g}"
        self.bar.set_postfix_str(text, refresh=False)
        self.bar.update()

    def close(self):
        """Leave the bar as it is; early stopping ends it before it is full."""
        self.bar.close()
