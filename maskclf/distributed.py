import contextlib, hashlib, os, random, re, signal, sys, threading, time
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from fastai.callback.core import Callback
from fastai.data.load import DataLoader
from fastai.torch_core import to_detach
from torch.distributed.rendezvous import rendezvous
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from .pictures import MaskclfError
from .resume import Checkpoint
class ProcessError(MaskclfError):
    "Several processes cannot train together; the message says what to do."
    def __str__(self): return self.text # fastai puts words of its own before those of an error in a callback
    def __init__(self,
        text, # a sentence
    ): self.text = text; super().__init__(text)


class _Company: rank, size, store, joins, kept = 0, 1, None, 0, None # this process alone, until it is told of others

def _announced():
    "Which process this is, and of how many; taken out of the environment, for wherever fastai finds it there it gathers every figure by itself."
    if 'WORLD_SIZE' in os.environ: _Company.rank, _Company.size = int(os.environ.get('RANK', 0)), int(os.environ.pop('WORLD_SIZE'))
    return _Company.rank, _Company.size

def _gone(why='Another process of this training has ended'):
    "What to say when the others cannot be heard any more."
    kept = _Company.kept and any(_Company.kept.rows)
    how = ('the finished epochs are kept: the same call with resume=True (in a terminal: --resume) goes on from there, with any number of processes.'
           if kept else 'start it again.')
    return ProcessError(f'{why}, so this one ends, too; {how}')

def _broken(error): return isinstance(error, dist.DistError) or isinstance(error, RuntimeError) and re.search('gloo|NCCL', str(error))

@contextlib.contextmanager
def _in_a_sentence():
    "A `ProcessError` in place of what PyTorch says when another process does not answer."
    try: yield
    except Exception as e:
        if not _broken(e): raise
        time.sleep(0.5) # Ctrl-C reaches all processes, but one of them first: if it is underway to this one, it is what is to be told
        late = 'imed out' in str(e) or 'timeout' in str(e)
        raise _gone('Another process of this training has not answered for too long' if late else 'Another process of this training has ended') from None

@contextlib.contextmanager
def _until_told():
    "In its block SIGTERM, which torchrun sends to all when one has died, raises `ProcessError`."
    if threading.current_thread() is not threading.main_thread(): yield; return
    def stop(*_): signal.signal(signal.SIGTERM, signal.SIG_IGN); raise _gone('Another process of this training has ended, or it was told to stop')
    before = signal.signal(signal.SIGTERM, stop)
    try: yield
    except ProcessError: signal.signal(signal.SIGTERM, signal.SIG_IGN); raise # it ends anyway, and has a sentence to say before
    except BaseException: signal.signal(signal.SIGTERM, before); raise
    signal.signal(signal.SIGTERM, before)

def _meet(rank, size, timeout):
    "Find the other processes: over NCCL where each has a GPU of its own, else over gloo."
    wait, gpus, local = timedelta(seconds=timeout), torch.cuda.device_count(), int(os.environ.get('LOCAL_WORLD_SIZE', 1))
    if gpus: torch.cuda.set_device(int(os.environ.get('LOCAL_RANK', 0)) % gpus)
    try:
        if _Company.store is None: _Company.store, *_ = next(rendezvous('env://', rank, size, timeout=wait))
        _Company.joins += 1
        dist.init_process_group('nccl' if gpus >= local else 'gloo', store=dist.PrefixStore(f'join {_Company.joins}', _Company.store),
                                rank=rank, world_size=size, timeout=wait)
    except (ValueError, RuntimeError) as e:
        if isinstance(e, ProcessError): raise
        where = ':'.join(os.environ.get(name, '?') for name in ('MASTER_ADDR', 'MASTER_PORT'))
        raise ProcessError(f'Process {rank} of {size} did not meet the others at {where} within {timeout:g} seconds: is process 0 running there, '
                           'can this machine reach it, and were all started with the same number of processes?') from None


@contextlib.contextmanager
def joined(
    timeout=600, # seconds to wait for the others, now and whenever one of them is late
):
    "In its block this process is one of those that torchrun has started, if it has; `ProcessError` if they do not meet, or one of them ends."
    rank, size = _announced()
    if size < 2 or dist.is_initialized(): yield; return
    with _until_told(), _in_a_sentence():
        _meet(rank, size, timeout)
        try: yield
        finally: dist.destroy_process_group()


def world() -> tuple: # (0, 1) outside of `joined`
    "Which process this is, and of how many."
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def same_everywhere(
    value, # anything that can be pickled
):
    "What process 0 gave, in all of them."
    if world()[1] < 2: return value
    told = [value]
    dist.broadcast_object_list(told, src=0)
    return told[0]


def agree(
    **told, # what must be the same in all processes
):
    "`ProcessError`, in all processes, if they do not say the same; it names what differs."
    rank, size = world()
    if size < 2: return
    dist.all_gather_object(all_told := [None]*size, told)
    for other, theirs in enumerate(all_told):
        for what, first in all_told[0].items():
            if theirs[what] == first: continue
            values = f': {first!r}, not {theirs[what]!r}' if max(len(repr(first)), len(repr(theirs[what]))) < 40 else ''
            raise ProcessError(f'Process {other} has another {what.replace("_", " ")} than process 0{values}; all machines need the same files, weights and options.')


def first_to_tell() -> bool: # True where there is only one process
    "Is this the first process that has something to say about the end of the training? The others are silent then."
    if _Company.store is None: return True
    try: return _Company.store.add('told', 1) == 1
    except RuntimeError: return True # whoever could know is gone

def gathered(
    x, # tensor (n, …); n may differ from process to process
):
    "The rows of `x` of all processes, in their order; gradients flow back into this process's own."
    rank, size = world()
    if size < 2: return x
    own = x.as_subclass(torch.Tensor)
    counts = [torch.zeros(1, dtype=torch.long, device=x.device) for _ in range(size)]
    dist.all_gather(counts, counts[0].new_tensor([len(own)]))
    room = own.detach().new_zeros(max(map(int, counts)), *own.shape[1:]) # all must send equally much
    room[:len(own)] = own.detach()
    dist.all_gather(parts := [torch.empty_like(room) for _ in range(size)], room)
    parts = [part[:int(n)] for part, n in zip(parts, counts)]
    parts[rank] = own
    return torch.cat(parts).as_subclass(type(x))


@contextlib.contextmanager
def own_random():
    "In its block each process draws other random numbers; after it all draw the same again."
    rank, size = world()
    if size < 2: yield; return
    seed = int(torch.randint(2**31, ())) + rank
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    random.seed(seed); np.random.seed(seed % 2**32); torch.manual_seed(seed)
    try: yield
    finally: random.setstate(before[0]); np.random.set_state(before[1]); torch.set_rng_state(before[2])


def _batches(order, bs, drop_last, size):
    "The places in `order` as batches, none of them smaller than the number of processes."
    if drop_last: return [order[i:i + bs] for i in range(0, len(order) - bs + 1, bs)]
    parts = max(1, min(-(-len(order)//bs), len(order)//size))
    return [part.tolist() for part in np.array_split(order, parts)]


class ShareDL(DataLoader):
    "A fastai loader of this process's share of every batch that the loader `dl` would give to a single process."
    def __init__(self,
        dl, # fastai `DataLoader`
    ):
        self.dl, (self.rank, self.size), workers = dl, world(), dl.fake_l
        super().__init__(dl.dataset, dl.bs, workers.num_workers, workers.pin_memory, workers.timeout, drop_last=dl.drop_last, n=dl.n,
                         device=dl.device, persistent_workers=workers.persistent_workers, pin_memory_device=workers.pin_memory_device)

    def get_idxs(self):
        "In the order that process 0 has drawn."
        order = same_everywhere(list(self.dl.get_idxs()))
        self.shares = [np.array_split(some, self.size)[self.rank].tolist() for some in _batches(order, self.bs, self.drop_last, self.size)]
        return self.shares

    def __len__(self): return len(_batches(range(self.dl.n), self.bs, self.drop_last, self.size))
    def randomize(self): self.dl.randomize()
    def before_iter(self): self.dl.before_iter()
    def after_iter(self): self.dl.after_iter()
    def sample(self): return (share for i, share in enumerate(self.shares) if i % self.num_workers == self.offs)
    def create_batches(self, samps):
        for share in samps: yield self.dl.do_batch([item for item in map(self.dl.do_item, share) if item is not None])
    def after_batch(self, b):
        with own_random(): return self.dl.after_batch(b)
    def to_detach(self, b, cpu=True, gather=True): return to_detach(b, cpu, gather=False) # `TrainTogether` has gathered it already


def shared(
    dl, # fastai `DataLoader`
):
    "`dl`, of which each process goes through its share; `dl` itself where there is only one, or fewer pictures than processes."
    rank, size = world()
    return dl if size < 2 or isinstance(dl, ShareDL) or not isinstance(dl, DataLoader) or dl.n < size else ShareDL(dl)

def _channels(x, numbers): return numbers.to(x.dtype).reshape(1, -1, *[1]*(x.ndim - 2))

class _NormTogether(torch.autograd.Function):
    "Batch normalisation with the mean and the variance over the batches of all processes."
    @staticmethod
    def forward(ctx, x, weight, bias, eps):
        c = x.shape[1]
        mean, var = torch.batch_norm_update_stats(x, weight.new_zeros(c), weight.new_ones(c), 0.)
        own = torch.cat([mean, var, mean.new_tensor([x.numel()/c])])
        dist.all_gather(parts := [torch.empty_like(own) for _ in range(dist.get_world_size())], own)
        parts = torch.stack(parts).double()
        means, variances, n = parts[:, :c], parts[:, c:-1], parts[:, -1:]
        mean = (n*means).sum(0)/n.sum()
        var = (n*(variances + (means - mean)**2)).sum(0)/n.sum()
        mean, var, n = mean.to(weight.dtype), var.to(weight.dtype), int(n.sum())
        ctx.save_for_backward(x, weight, mean, var)
        ctx.eps, ctx.n = eps, n
        ctx.mark_non_differentiable(mean, var)
        return torch.batch_norm(x, weight, bias, mean, var, False, 0., eps, False), mean, var, n

    @staticmethod
    def backward(ctx, dy, *_):
        (x, weight, mean, var), c = ctx.saved_tensors, len(ctx.saved_tensors[1])
        _, dw, db = torch.ops.aten.native_batch_norm_backward(dy, x, weight, mean, var, None, None, False, ctx.eps, [False, True, True])
        dist.all_reduce(total := torch.cat([dw, db])) # what all processes say of each channel
        scale = weight*(var + ctx.eps).rsqrt()
        slope = scale*(var + ctx.eps).rsqrt()*total[:c]/ctx.n
        dx = torch.addcmul(_channels(x, slope*mean - scale*total[c:]/ctx.n), x, _channels(x, -slope))
        return dx.addcmul_(dy, _channels(x, scale)), dw, db, None

def _forward_together(layer, usual, x):
    if not layer.training: return usual(x)
    weight = torch.ones_like(layer.running_mean) if layer.weight is None else layer.weight
    bias = torch.zeros_like(weight) if layer.bias is None else layer.bias
    y, mean, var, n = _NormTogether.apply(x, weight, bias, layer.eps)
    if layer.running_mean is None: return y
    layer.num_batches_tracked += 1
    momentum = 1/int(layer.num_batches_tracked) if layer.momentum is None else layer.momentum
    layer.running_mean.lerp_(mean, momentum)
    layer.running_var.lerp_(var*n/(n - 1), momentum)
    return y


@contextlib.contextmanager
def batch_norm_together(
    model, # a network
):
    "In its block batch normalisation of `model` sees the batches of all processes while it trains."
    layers = [m for m in model.modules() if isinstance(m, _BatchNorm)] if world()[1] > 1 else []
    for layer in layers: layer.forward = partial(_forward_together, layer, layer.forward)
    try: yield
    finally:
        for layer in layers: vars(layer).pop('forward', None)

class TrainTogether(Callback):
    "Train as one of several processes: a share of each batch, batch normalisation and loss over all of it, gradients averaged."
    order = 61 # after `GrowSize` and `Checkpoint`
    def before_fit(self):
        self.block, self.random, self.size = contextlib.ExitStack(), contextlib.ExitStack(), world()[1]
        if (bs := getattr(self.dls.train, 'bs', None)) and bs < self.size:
            raise ProcessError(f'A batch of {bs} pictures leaves some of {self.size} processes without any: start fewer processes, or take a larger bs.')

    def before_train(self):
        self.apart()
        self.learn.dl = shared(self.dl)
        if not isinstance(self.dl, ShareDL): return # features of pictures: so little work that each process does all of it
        self.block.enter_context(batch_norm_together(self.model))
        self.learn.model = DistributedDataParallel(self.model, broadcast_buffers=False) # begins with the weights of process 0

    def apart(self):
        "The network as it was, in one piece."
        self.random.close(); self.block.close()
        if isinstance(self.learn.model, DistributedDataParallel): self.learn.model = self.learn.model.module
    after_train = after_cancel_train = after_cancel_epoch = after_cancel_fit = after_fit = apart

    def before_validate(self): self.learn.dl = shared(self.dl)

    def before_batch(self):
        if self.training and isinstance(self.dl, ShareDL): self.random.enter_context(own_random())

    def after_pred(self):
        "From here on, loss and metrics see the answers and the labels of all processes, as if there were only one."
        if not isinstance(self.dl, ShareDL): return
        if self.training: self.random.close()
        self.learn.pred, self.learn.yb = gathered(self.pred), tuple(map(gathered, self.yb))

    def before_backward(self):
        "Each process knows the gradient of its own answers: these must be added up, while PyTorch divides the sum by the number of processes."
        if isinstance(self.dl, ShareDL): self.learn.loss_grad = self.loss_grad*self.size

    def after_validate(self):
        "The figures of process 0, to the last digit: whatever is decided by them is decided alike."
        if hasattr(self.learn, 'recorder'): self.recorder.log = same_everywhere(self.recorder.log)


def _sides(dls):
    "A short name for the pictures and labels on both sides, wherever they lie."
    def name(o): return Path(o).name if isinstance(o, (str, Path)) else str(o)
    told = [[[name(o) for o in getattr(ds, 'items', range(len(ds)))], *([str(y) for y in tl] for tl in getattr(ds, 'tls', ())[1:])] for ds in (dls.train_ds, dls.valid_ds)]
    return hashlib.sha256(repr(told).encode('utf-8', 'backslashreplace')).hexdigest()

def _networks(model): return hashlib.sha256(repr([(k, tuple(v.shape)) for k, v in model.state_dict().items()]).encode()).hexdigest()


@contextlib.contextmanager
def in_processes(
    learn, # fastai `Learner`
    timeout=600, # seconds to wait for the others
):
    "In its block `learn` is trained by all processes that torchrun has started, if it has; afterwards all have the same, whole network."
    with joined(timeout), _in_a_sentence(): # the second for those who are joined already
        if (size := world()[1]) < 2: yield learn; return
        agree(set_of_pictures_or_split=_sides(learn.dls), network=_networks(learn.model), batch_size=getattr(learn.dls.train, 'bs', None))
        learn.add_cb(together := TrainTogether())
        with contextlib.ExitStack() as block:
            if world()[0]: _follow(learn, block)
            try: yield learn
            finally: 'block' in vars(together) and together.apart(); learn.remove_cb(together)
        for weights in learn.model.state_dict().values(): dist.broadcast(weights, 0)

def _follow(learn, block):
    "Process 0 prints and writes, the others do not."
    for quiet in (learn.no_bar(), learn.no_logging()): block.enter_context(quiet)
    learn.load = lambda *args, **kwargs: learn # what process 0 loads, all get at the end
    block.callback(vars(learn).pop, 'load', None)


class FollowCheckpoint(Checkpoint):
    "The `Checkpoint` of a process that writes nothing and goes on from what process 0 has kept."
    def keep(self): pass
    def check_same(self): pass # process 0 does


def checkpoint_together(
    file, # where process 0 keeps the epochs
    resume=False, # go on from what is there?
    by_machine=(), # see `Checkpoint`
) -> Checkpoint: # a callback
    "A `Checkpoint` of which process 0 reads and writes the file; the others are told what it held."
    leads = world()[0] == 0
    cb = Checkpoint(file, resume, by_machine) if leads else FollowCheckpoint(file, False, by_machine)
    state = same_everywhere(cb.state) if resume else cb.state
    if not leads: cb.state = {**state, 'saved': {}}
    _Company.kept = cb if world()[1] > 1 else None
    return cb

def start(
    argv=None, # the arguments of torchrun; None takes those that were typed
) -> int: # 0, or 2 if a process failed, 130 after Ctrl-C
    "What `torchrun` does, without its long report when a process ends: the processes have said a sentence themselves."
    import logging
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import parse_args, run
    logging.getLogger('torch.distributed').setLevel(logging.CRITICAL + 1)
    try: run(parse_args(argv))
    except ChildFailedError: return 2
    except (SignalException, KeyboardInterrupt): return 130
    return 0

if __name__ == '__main__' and '__file__' in globals(): sys.exit(start()) # `python -m maskclf.distributed`
