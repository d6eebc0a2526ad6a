"""Run notebooks in a real Jupyter kernel and keep their outputs small and tidy, or make README.md from the index.

    python .ci/notebooks.py run nbs/library/core.ipynb ...    run every cell in place, `slow` ones too, then tidy the outputs
    python .ci/notebooks.py test nbs/library/*/*.ipynb        run every cell, save nothing: does it work in this environment?
    python .ci/notebooks.py tidy nbs/library/*/*.ipynb        only tidy: no stderr, no progress bars, small pictures
    python .ci/notebooks.py compare nbs/1_start/*.ipynb       run them, save nothing: do they still print what is saved?
    python .ci/notebooks.py readme                            write README.md from nbs/index.ipynb (there is no need for Quarto)
    python .ci/notebooks.py glossary                          write nbs/glossary.md from the lessons

A word in bold marks a term of the field, in the sentence that explains it: the glossary is made of these sentences.
"""
import argparse
import base64
import io
import os
import posixpath
import re
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
LARGE = 30_000  # letters of base64: pictures below stay as they are


def encoded(picture, **options):
    "The picture as base64 text."
    out = io.BytesIO()
    picture.save(out, **options)
    return base64.b64encode(out.getvalue()).decode()


def slim(data):
    "Make a large PNG of an output smaller: without loss where it has few colours, else as a JPEG of high quality."
    png = data['image/png']
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert('RGB')
    if picture.getcolors(256):
        smaller = encoded(picture.quantize(256, dither=Image.Dither.NONE), format='PNG', optimize=True)
        if len(smaller) < len(png):
            data['image/png'] = smaller
        return
    photo = encoded(picture, format='JPEG', quality=90, subsampling=0, optimize=True)
    if len(photo) < 0.6*len(png):
        del data['image/png']
        data['image/jpeg'] = photo


def is_noise(output):
    "Standard error, and the empty frames that progress bars and widgets leave behind."
    if output.get('name') == 'stderr':
        return True
    data = output.get('data', {})
    text = ''.join(data.get('text/plain', ''))
    if 'application/vnd.jupyter.widget-view+json' in data and ('%|' in text or text.startswith('interactive(')):
        return True  # a bar, or a slider, which moves nothing on a saved page
    if 'text/html' not in data or 'image/png' in data:
        return False
    html = ''.join(data['text/html'])
    words = re.sub(r'<style.*?</style>|<progress.*?</progress>|<[^>]+>', '', html, flags=re.S)
    return not words.strip() and '<img' not in html


def timeless(output):
    "fastai's table without its column of seconds, and without the bars of a training that broke off."
    data = output.get('data', {})
    html = ''.join(data.get('text/html', ''))
    if '<progress' in html:
        html = data['text/html'] = re.sub(r'<div><progress.*?</div>', '', html, flags=re.S)
    if '<th>time</th>' in data.get('text/plain', ''):
        data['text/plain'] = 'a row for each epoch'  # it says the same once more
    if '<th>time</th>' in html:
        data.pop('text/markdown', None)
        data['text/html'] = re.sub(r'<th>time</th>|<td>(\d+:)?\d\d:\d\d</td>', '', html)
    return output


def joined(outputs):
    "What a cell printed as one output, however many pieces it came in."
    whole = []
    for output in outputs:
        last = whole[-1] if whole else None
        if last and output.output_type == last.output_type == 'stream' and output.name == last.name:
            last.text += output.text
        else:
            whole.append(output)
    return whole


def tidied(nb):
    "The notebook without noise in its outputs, with slim pictures, and without what differs from run to run."
    kernel = dict(display_name='python3', language='python', name='python3')
    nb.metadata = nbformat.NotebookNode(kernelspec=kernel)
    for cell in nb.cells:
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type != 'code':
            continue
        cell.execution_count = None
        cell.outputs = joined(timeless(output) for output in cell.outputs if not is_noise(output))
        for output in cell.outputs:
            tidy_output(output)
    return nb


def tidy(path):
    "Tidy the saved outputs of the notebook at `path`."
    nbformat.write(tidied(nbformat.read(path, as_version=4)), path)


def tidy_output(output):
    "Forget what differs from run to run, and slim the picture."
    if 'execution_count' in output:
        output.execution_count = None
    if 'metadata' in output:
        output.metadata = nbformat.NotebookNode()
    data = output.get('data', {})
    if 'image/png' in data:
        data.pop('image/jpeg', None)  # Pillow's pictures come in both
        if len(data['image/png']) > LARGE:
            slim(data)


def is_slow(cell):
    "Does the cell say that it takes too long to be run each time?"
    return cell.cell_type == 'code' and re.search(r'^#\|\s*slow\b', cell.source, re.M)


def executed(path, slow=True):
    "The notebook at `path` after its cells ran, those marked `slow` if wanted, from its own folder, in a kernel of its own."
    nb = nbformat.read(path, as_version=4)
    if not slow:
        for cell in filter(is_slow, nb.cells):
            cell.source = ''
    resources = {'metadata': {'path': str(Path(path).parent)}}
    quiet = ['--log-level=ERROR']
    seconds = 3600 if slow else 900  # for a cell: what hangs is named
    os.environ.pop('MPLBACKEND', None)  # figures go into the notebook, whatever the surroundings say
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(nb, timeout=seconds, kernel_name='python3', resources=resources, extra_arguments=quiet,
                                config=apart(folder))
        return client.execute()


def apart(folder):
    "Kernels talk over sockets in `folder`, where there is such a thing: two that start at once may choose the same TCP port."
    if os.name == 'nt':
        return Config()
    manager = dict(transport='ipc', ip=f'{folder}/kernel', connection_file=f'{folder}/kernel.json')
    return Config(KernelManager=manager)


def test(path):
    "Run the notebook at `path` and keep nothing: an error in a cell ends the program."
    executed(path)


def run(path):
    "Run the notebook at `path` as a reader would and save what it printed, tidied."
    nbformat.write(executed(path), path)
    tidy(path)


NUMBER = r'(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][-+]?\d+)?(?!\w)'
SHARE, LEAST, ONE_MORE = 0.25, 0.1, 1  # by how much a number may differ: a quarter; or as much as this; or, if whole, by one
FEW = 3  # outputs of a notebook, or a quarter of them, may differ more: a training goes another way on another machine


def words_and_numbers(text):
    """The text cut into words and numbers, lines and addresses in memory made alike.

    >>> words_and_numbers('lite0: 1,000 of -2.5\\n-------')
    ['lite0', ':', '1,000', 'of', '-2.5', '-']
    """
    text = re.sub(r'0x[0-9a-f]{6,}', '0x', text)
    found = re.findall(rf'{NUMBER}|\w+|[^\w\s]+', text)
    return [re.sub(r'^([-=─_])\1+$', r'\1', piece) for piece in found]


def alike(saved, now, percent=False):
    """Are two words the same, or two numbers so near that they may come from another machine?

    >>> [alike(*pair) for pair in (('0.01', '0.09'), ('0.5', '0.6'), ('200', '240'), ('3', '4'), ('mask', 'mask'))]
    [True, True, True, True, True]
    >>> [alike(*pair) for pair in (('0.1', '0.3'), ('200', '300'), ('3', '5'), ('mask', 'hat'), ('mask', '1'))]
    [False, False, False, False, False]
    >>> alike('92', '97', percent=True), alike('2', '19', percent=True)
    (True, False)
    """
    if saved == now:
        return True
    if not re.fullmatch(NUMBER, saved) or not re.fullmatch(NUMBER, now):
        return False
    first, second = (float(number.replace(',', '')) for number in (saved, now))
    allowed = LEAST
    if percent:
        allowed = 100*LEAST
    elif saved.lstrip('+-').isdigit() and now.lstrip('+-').isdigit():
        allowed = ONE_MORE
    return abs(first - second) <= max(allowed, SHARE*max(abs(first), abs(second))) + 1e-9


def text_difference(saved, now):
    """The first difference of two texts, in a few words; '' if there is none.

    >>> text_difference('error 0.02 of  9 faces', 'error 0.03 of 10 faces')
    ''
    >>> text_difference('epoch 1\\nerror 0.02', 'epoch 1\\nerror 0.31')
    'saved "… 1 error 0.02", now "… 1 error 0.31"'
    >>> text_difference('two words', 'two words more')
    'saved "two words", now "two words more"'
    """
    pieces, others = words_and_numbers(saved), words_and_numbers(now)
    pieces.append('')
    others.append('')
    for place, (piece, other) in enumerate(zip(pieces, others, strict=False)):
        percent = [*pieces, ''][place + 1].startswith('%')
        if not alike(piece, other, percent):
            start = max(0, place - 2)
            dots = '… ' if start else ''
            shown = (dots + ' '.join(some[start:place + 1]).strip() for some in (pieces, others))
            return 'saved "{}", now "{}"'.format(*shown)
    return ''


def kind_and_text(output):
    """What an output is (text, table, picture, error …), and its words.

    >>> kind_and_text(dict(data={'text/html': '<table><tr><td>a</td><td>1</td></tr></table>'}))
    ('table', ' a 1 ')
    >>> kind_and_text(dict(data={'text/html': '<table><tr><td>train_loss</td><td>1.52</td></tr></table>'}))
    ('table', ' train_loss 0 ')
    """
    data = output.get('data', {})
    if any(name.startswith(('image/', 'audio/', 'video/')) for name in data):
        return 'picture', ''
    if 'application/vnd.jupyter.widget-view+json' in data:
        return 'widget', ''
    if 'text/html' in data:
        html = re.sub(r'<style.*?</style>|<script.*?</script>', '', data['text/html'], flags=re.S)
        if '<audio' in html or '<video' in html or '<img' in html:
            return 'picture', ''
        words = re.sub(r'(<[^>]+>)+', ' ', html)
        if 'train_loss' in words:
            words = re.sub(NUMBER, '0', words)  # no two machines agree on the way to the end of a training
        return ('table' if '<table' in html else 'text'), words
    if output.get('output_type') == 'error':
        return 'error', output['ename']
    return 'text', output.get('text') or data.get('text/markdown') or data.get('text/plain') or ''


def other_kind(saved, now):
    """How the kinds of the outputs of a cell that ran again differ from the saved ones; '' if they do not.

    >>> text, picture = dict(output_type='stream', text='error 0.01'), dict(data={'image/png': ''})
    >>> other_kind([text, picture], [text, dict(data={'image/jpeg': ''})])
    ''
    >>> other_kind([text, picture], [text])
    'saved picture, text, now text'
    >>> other_kind([text], [])
    'saved text, now nothing'
    """
    kinds = [', '.join(sorted({kind_and_text(output)[0] for output in outputs})) or 'nothing' for outputs in (saved, now)]
    return '' if kinds[0] == kinds[1] else 'saved {}, now {}'.format(*kinds)


def other_text(saved, now):
    """How the texts of a cell that ran again differ from the saved ones; '' if they do not, or hardly.

    >>> text, picture = dict(output_type='stream', text='error 0.01'), dict(data={'image/png': ''})
    >>> other_text([text, picture], [dict(text, text='error 0.02'), picture])
    ''
    >>> other_text([text], [dict(text, text='error 0.81')])
    'saved "error 0.01", now "error 0.81"'
    """
    return text_difference(*('\n'.join(kind_and_text(output)[1] for output in outputs) for outputs in (saved, now)))


def compare(path):
    "Run the notebook at `path`, all but `slow` cells, and print how its outputs differ from the saved ones; is it stale?"
    saved = tidied(nbformat.read(path, as_version=4))
    try:
        now = tidied(executed(path, slow=False))
    except CellExecutionError as error:
        print(f'{path}: {error.ename}: {" ".join(error.evalue.split())[:200]}')
        return True
    pairs = [(number, cell, other) for number, (cell, other) in enumerate(zip(saved.cells, now.cells, strict=True))
             if cell.cell_type == 'code' and not is_slow(cell)]
    kinds = texts = 0
    for number, cell, other in pairs:
        kind = other_kind(cell.outputs, other.outputs)
        text = '' if kind else other_text(cell.outputs, other.outputs)
        kinds += bool(kind)
        texts += bool(text)
        if kind or text:
            print(f'{path}, cell {number} ({cell.id}): {kind or text}')
    return kinds > 0 or texts > max(FEW, len(pairs)//4)


def picture_link(cell, data, pictures):
    "Markdown for the picture of an output, which is written to the folder `pictures`."
    kind = 'png' if 'image/png' in data else 'jpeg'
    pictures.mkdir(parents=True, exist_ok=True)
    file = pictures/f'{cell.id}.{kind}'
    file.write_bytes(base64.b64decode(data[f'image/{kind}']))
    alt = re.search(r'^#\|\s*fig-alt:\s*(.*)$', cell.source, re.M)
    return f'![{alt[1].strip() if alt else ""}]({file.relative_to(ROOT).as_posix()})'


def output_as_markdown(cell, output, pictures):
    "An output of a cell of the index as GitHub markdown."
    data = output.get('data', {})
    if 'image/png' in data or 'image/jpeg' in data:
        return picture_link(cell, data, pictures)
    if '<table' in data.get('text/html', ''):
        lines = data['text/html'].splitlines()
        return '\n'.join(line.strip() for line in lines if line.strip())
    text = output.get('text') or data.get('text/plain') or ''
    return f'```\n{text.rstrip()}\n```' if text else ''


def as_markdown(cell, pictures):
    "One cell of the index as GitHub markdown."
    if cell.cell_type == 'markdown':
        return cell.source
    source = re.sub(r'^#\|.*\n?', '', cell.source, flags=re.M).strip()
    code = f'```python\n{source}\n```' if source and '#| echo: false' not in cell.source else ''
    parts = [code, *(output_as_markdown(cell, output, pictures) for output in cell.outputs)]
    return '\n\n'.join(part for part in parts if part)


def readme():
    "README.md is the index notebook: links to notebooks and pictures are turned to lead from the root of the repository."
    nb = nbformat.read(ROOT/'nbs'/'index.ipynb', as_version=4)
    shown = [cell for cell in nb.cells if not re.match(r'\s*#\s*\|\s*hide\b', cell.source)]
    texts = [as_markdown(cell, ROOT/'nbs'/'images'/'index') for cell in shown]
    body = '\n\n'.join(text for text in texts if text)
    body = re.sub(r'\]\(\.\./', '](', re.sub(r'\]\((?!https?:|#|nbs/|\.\./)', '](nbs/', body))
    note = '<!-- made from nbs/index.ipynb by .ci/notebooks.py: edit the notebook -->'
    (ROOT/'README.md').write_text(f'{note}\n\n{body.strip()}\n', encoding='utf-8')


def lessons():
    "The notebooks of the course, in order: the parts are numbered, and so are the lessons in them."
    return sorted((ROOT/'nbs').glob('[1-9]_*/[0-9]*.ipynb'))


def prose_of(markdown):
    """The paragraphs and points of lists in `markdown`, each on one line; no headings, code or tables.

    >>> prose_of('# A\\n\\nOne\\nline.\\n- a point\\n2. another\\n\\n| a | table |\\n')
    ['One line.', 'a point', 'another']
    """
    text = re.sub(r'^(```|~~~).*?^\1[^\n]*$', '', markdown, flags=re.M | re.S)
    text = re.sub(r'^\s*(#|\||!\[|\[!|<).*$', '', text, flags=re.M)
    blocks = re.split(r'\n\s*\n|^\s*(?:[-*+]|\d+\.|>)\s+', text, flags=re.M)
    return [' '.join(block.split()) for block in blocks if block.strip()]


def sentences(paragraph):
    """The sentences of a paragraph. What ends in brackets, in `code` or after "e.g." is not their end.

    >>> sentences('A **batch** (16, e.g. of faces. Not more.) is small. Is it? `bs` says so.')
    ['A **batch** (16, e.g. of faces. Not more.) is small.', 'Is it?', '`bs` says so.']
    """
    hidden = re.sub(r'`[^`]*`|\([^()]*\)|\b(?:e\.g|i\.e|vs|etc)\.', lambda found: '_'*len(found[0]), paragraph)
    ends = [found.end() for found in re.finditer(r'[.!?:]?[.!?][*_"”]*(?=\s+\S)', hidden)]
    cuts = [0, *ends, len(paragraph)]
    return [paragraph[start:end].strip() for start, end in pairwise(cuts)]


def terms_of(paragraph):
    """Each term in bold with its sentence. Bold that ends a sentence of its own is a call, not a term.

    >>> list(terms_of('**One warning.** A **class** is a word. So is **`batch`**.'))
    [('class', 'A **class** is a word.'), ('batch', 'So is **`batch`**.')]
    """
    for sentence in sentences(paragraph):
        for term in re.findall(r'\*\*(?!\s)(.+?)(?<!\s)\*\*', sentence):
            if not term.endswith(('.', '!', '?', ':')):
                yield re.sub(r'[`*]', '', term), sentence


def singular(term):
    """The term as all its forms are compared.

    >>> [singular(term) for term in ('Batches', 'classes', 'class', 'pixels', 'loss', 'libraries')]
    ['batch', 'class', 'class', 'pixel', 'loss', 'library']
    """
    term = term.lower()
    for plural, ending in (('ies', 'y'), ('sses', 'ss'), ('ches', 'ch'), ('shes', 'sh'), ('xes', 'x'), ('ss', 'ss'), ('s', '')):
        if term.endswith(plural):
            return term.removesuffix(plural) + ending
    return term


def title_of(nb):
    "The first heading of a notebook."
    headings = (re.search(r'^# +(.+)$', cell.source, re.M) for cell in nb.cells if cell.cell_type == 'markdown')
    return next(found[1].strip() for found in headings if found)


def from_nbs(sentence, folder):
    """The sentence with its links made to lead from nbs/, not from the lesson's `folder` in it.

    >>> from_nbs('See [a](../library/a.ipynb), [b](02_b.ipynb), [c](https://c.org).', '1_start')
    'See [a](library/a.ipynb), [b](1_start/02_b.ipynb), [c](https://c.org).'
    """
    def moved(found):
        return f']({posixpath.normpath(posixpath.join(folder, found[1]))})'
    return re.sub(r'\]\((?!https?:|#)([^)]+)\)', moved, sentence)


def explained():
    "Each term of the lessons, in their order: the term, the sentence that explains it, the lesson's path, and its title."
    for path in lessons():
        nb = nbformat.read(path, as_version=4)
        prose = '\n\n'.join(cell.source for cell in nb.cells if cell.cell_type == 'markdown')
        for paragraph in prose_of(prose):
            for term, sentence in terms_of(paragraph):
                yield term, sentence, path, title_of(nb)


def glossary():
    "nbs/glossary.md: what each lesson explains. A term that is explained twice is an error, once the file is written."
    entries, first, twice = {}, {}, []
    for term, sentence, path, title in explained():
        key = singular(term)
        if key in entries:
            twice.append(f'"{term}" is explained in {first[key].name} and in {path.name}: make it bold in one sentence only')
            continue
        link = f'[{title}]({path.relative_to(ROOT/"nbs").as_posix()})'
        entries[key] = f'**{term[0].upper()}{term[1:]}**  \n{from_nbs(sentence, path.parent.name)} ({link})'
        first[key] = path
    note = '<!-- made from the lessons by .ci/notebooks.py: edit the sentence in its lesson -->'
    opening = 'What the words of the field mean, each in the sentence that explains it, and in which lesson that is.'
    blocks = [note, '# Glossary', opening, *(entries[key] for key in sorted(entries))]
    (ROOT/'nbs'/'glossary.md').write_text('\n\n'.join(blocks) + '\n', encoding='utf-8')
    if twice:
        sys.exit('\n'.join(twice))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('action', choices=['run', 'test', 'tidy', 'compare', 'readme', 'glossary'])
    parser.add_argument('notebooks', nargs='*')
    arguments = parser.parse_args()
    if arguments.action == 'readme':
        return readme()
    if arguments.action == 'glossary':
        return glossary()
    if not arguments.notebooks:
        sys.exit('name at least one notebook')
    if arguments.action == 'compare':
        sys.exit(1 if sum(map(compare, arguments.notebooks)) else 0)
    action = dict(run=run, test=test, tidy=tidy)[arguments.action]
    for notebook in arguments.notebooks:
        print(arguments.action, notebook, flush=True)
        action(notebook)


if __name__ == '__main__':
    main()
