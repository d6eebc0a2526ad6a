"""Run notebooks in a real Jupyter kernel and keep their outputs small and tidy, or make README.md from the index.

    python .ci/notebooks.py run nbs/library/core.ipynb ...    run every cell in place, `slow` ones too, then tidy the outputs
    python .ci/notebooks.py test nbs/library/*/*.ipynb        run every cell, save nothing: does it work in this environment?
    python .ci/notebooks.py tidy nbs/library/*/*.ipynb        only tidy: no stderr, no progress bars, small pictures
    python .ci/notebooks.py readme                            write README.md from nbs/index.ipynb (there is no need for Quarto)
"""
import argparse
import base64
import io
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

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


def tidy(path):
    "Drop noise from the saved outputs of the notebook at `path`, slim its pictures, forget kernel details."
    nb = nbformat.read(path, as_version=4)
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
    nbformat.write(nb, path)


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


def executed(path):
    "The notebook at `path` after all its cells ran, from its own folder, in a kernel of its own."
    nb = nbformat.read(path, as_version=4)
    resources = {'metadata': {'path': str(Path(path).parent)}}
    return NotebookClient(nb, timeout=3600, kernel_name='python3', resources=resources).execute()


def test(path):
    "Run the notebook at `path` and keep nothing: an error in a cell ends the program."
    executed(path)


def run(path):
    "Run the notebook at `path` as a reader would and save what it printed, tidied."
    nbformat.write(executed(path), path)
    tidy(path)


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('action', choices=['run', 'test', 'tidy', 'readme'])
    parser.add_argument('notebooks', nargs='*')
    arguments = parser.parse_args()
    if arguments.action == 'readme':
        return readme()
    if not arguments.notebooks:
        sys.exit('name at least one notebook')
    action = dict(run=run, test=test, tidy=tidy)[arguments.action]
    for notebook in arguments.notebooks:
        print(arguments.action, notebook, flush=True)
        action(notebook)


if __name__ == '__main__':
    main()
