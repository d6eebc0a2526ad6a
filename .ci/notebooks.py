"""Run notebooks in a real Jupyter kernel and keep their outputs small and tidy, or make README.md from the index.

    python .ci/notebooks.py run nbs/01_samples.ipynb ...   run every cell in place, `slow` ones too, then tidy the outputs
    python .ci/notebooks.py test nbs/*.ipynb               run every cell, save nothing: does it work in this environment?
    python .ci/notebooks.py tidy nbs/*.ipynb               only tidy: no stderr, no progress bars, small pictures
    python .ci/notebooks.py readme                         write README.md from nbs/index.ipynb (there is no need for Quarto)
    python .ci/notebooks.py thumbnails                     make the small pictures in the table of the index anew
"""
import argparse, base64, io, re, sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent


def slim(png, colours=128):
    "The same picture (base64 PNG) with a palette of `colours`, where that makes it smaller."
    raw = base64.b64decode(png)
    out = io.BytesIO()
    Image.open(io.BytesIO(raw)).convert('RGB').quantize(colours, dither=Image.Dither.FLOYDSTEINBERG).save(out, 'PNG', optimize=True)
    return base64.b64encode(out.getvalue()).decode() if out.tell() < 0.8 * len(raw) else png


def is_noise(output):
    "Standard error, and the empty frames that progress bars and widgets leave behind."
    if output.get('name') == 'stderr': return True
    data = output.get('data', {})
    html = ''.join(data.get('text/html', ''))
    return 'text/html' in data and 'image/png' not in data and not re.sub(r'<style.*?</style>|<progress.*?</progress>|<[^>]+>', '', html, flags=re.S).strip() and '<img' not in html


def timeless(output):
    "fastai's table without its column of seconds, which would differ each time, and without the bars of a training that broke off."
    html = ''.join(output.get('data', {}).get('text/html', ''))
    if '<progress' in html: output.data['text/html'] = html = re.sub(r'<div><progress.*?</div>', '', html, flags=re.S)
    if '<th>time</th>' in output.get('data', {}).get('text/plain', ''): output.data['text/plain'] = 'a row for each epoch' # it says the same once more
    if '<th>time</th>' in html:
        output.data.pop('text/markdown', None)
        output.data['text/html'] = re.sub(r'<th>time</th>|<td>(\d+:)?\d\d:\d\d</td>', '', html)
    return output


def joined(outputs):
    "What a cell printed as one output, however many pieces it came in."
    whole = []
    for o in outputs:
        if whole and o.output_type == whole[-1].output_type == 'stream' and o.name == whole[-1].name: whole[-1].text += o.text
        else: whole.append(o)
    return whole


def tidy(path):
    "Drop noise from the saved outputs of the notebook at `path`, slim its pictures, forget kernel details."
    nb = nbformat.read(path, as_version=4)
    nb.metadata = nbformat.NotebookNode(kernelspec=dict(display_name='python3', language='python', name='python3'))
    for cell in nb.cells:
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type != 'code': continue
        cell.execution_count = None
        cell.outputs = joined(timeless(o) for o in cell.outputs if not is_noise(o))
        for o in cell.outputs:
            if 'execution_count' in o: o.execution_count = None
            if 'metadata' in o: o.metadata = nbformat.NotebookNode()
            data = o.get('data', {})
            if 'image/png' in data: data.pop('image/jpeg', None) # Pillow's pictures come in both
            if len(data.get('image/png', '')) > 30_000: data['image/png'] = slim(data['image/png'])
    nbformat.write(nb, path)


def executed(path):
    "The notebook at `path` after all its cells ran, from its own folder, in a kernel of its own."
    nb = nbformat.read(path, as_version=4)
    return NotebookClient(nb, timeout=3600, kernel_name='python3', resources={'metadata': {'path': str(Path(path).parent)}}).execute()


def test(path):
    "Run the notebook at `path` and keep nothing: an error in a cell ends the program."
    executed(path)


def run(path):
    "Run the notebook at `path` as a reader would and save what it printed, tidied."
    nbformat.write(executed(path), path)
    tidy(path)


def hidden(cell): return bool(re.match(r'\s*#\s*\|\s*hide\b', cell.source))


def as_markdown(cell, pictures):
    "One cell of the index as GitHub markdown; its PNG outputs are written to the folder `pictures`."
    if cell.cell_type == 'markdown': return cell.source
    source = re.sub(r'^#\|.*\n?', '', cell.source, flags=re.M).strip()
    parts = [f'```python\n{source}\n```'] if source and '#| echo: false' not in cell.source else []
    for o in cell.outputs:
        data = o.get('data', {})
        if 'image/png' in data:
            pictures.mkdir(parents=True, exist_ok=True)
            name = f'{cell.id}.png'
            (pictures/name).write_bytes(base64.b64decode(data['image/png']))
            alt = re.search(r'^#\|\s*fig-alt:\s*(.*)$', cell.source, re.M)
            parts.append(f'![{alt[1].strip() if alt else ""}]({(pictures/name).relative_to(ROOT).as_posix()})')
        elif '<table' in data.get('text/html', ''): parts.append('\n'.join(l.strip() for l in data['text/html'].splitlines() if l.strip()))
        elif text := (o.get('text') or data.get('text/plain')): parts.append('```\n' + text.rstrip() + '\n```')
    return '\n\n'.join(parts)


THUMBNAILS = {  # notebook → the cell whose first picture stands for it in the index, and the part of it to show
    '01_samples': ('samples-03', (0, 0, 297, 198)), '02_pictures': ('pictures-07', (0, 20, 285, 151)), '03_photos': ('photos-10', (0, 70, 516, 349)),
    '04_data': ('data-03', (0, 0, 540, 180)), '05_splits': ('splits-53', (0, 0, 480, 260)), '14_checkup': ('checkup-61', (0, 0, 720, 420)),
    '06_augment': ('augment-03', (0, 0, 384, 261)), '07_start': ('start-10', (0, 0, 330, 242)), '08_core': ('core-25', (0, 0, 290, 195)), '10_evaluate': ('evaluate-13', (352, 0, 710, 282)), '11_mistakes': ('mistakes-10', (0, 32, 362, 212)),
    '12_calibration': ('calibration-08', (0, 0, 345, 260)),
    '15_inference': ('inference-38', (0, 25, 185, 310)), '17_export': ('export-08', (0, 0, 283, 214)), '18_faces': ('faces-03', (320, 0, 642, 196)),
    '19_detect': ('detect-03', (0, 150, 400, 300)), '20_finder': ('finder-03', (380, 0, 897, 185)),
    '23_app': ('images/page.png', (30, 365, 970, 850)), '27_heroes': ('heroes-03', (0, 0, 360, 130)), '28_your_own': ('images/28_your_own/sorting.png', (0, 38, 460, 220)),
    '30_sound': ('sound-09', (0, 0, 794, 160)), '31_table': ('table-15', (0, 0, 576, 230)), '32_several': ('several-06', (0, 0, 546, 210)),
    '33_numbers': ('numbers-06', (0, 0, 660, 165)),
    '36_benchmark': ('benchmark-22', (0, 0, 850, 270)), '37_pages': ('images/37_pages/report.png', (0, 0, 550, 400))}


def first_picture(notebook, cell_id):
    "The bytes of the first PNG below a cell, as a file."
    cell = next(c for c in nbformat.read(notebook, as_version=4).cells if c.id == cell_id)
    return io.BytesIO(base64.b64decode(next(o.data['image/png'] for o in cell.outputs if 'image/png' in o.get('data', {}))))


def thumbnails(height=100):
    "A small picture for each notebook of the table in the index, out of what the notebook has saved."
    nbs = ROOT/'nbs'
    for name, (where, part) in THUMBNAILS.items():
        picture = Image.open(nbs/where if where.endswith('.png') else first_picture(nbs/'old'/f'{name}.ipynb', where)).convert('RGB').crop(part)
        small = picture.resize((round(height * picture.width / picture.height), height), Image.Resampling.LANCZOS)
        small.quantize(64).save(nbs/'images'/'index'/f'{name}.png', optimize=True)


def readme():
    "README.md is the index notebook: links to notebooks and pictures are turned to lead from the root of the repository."
    nb = nbformat.read(ROOT/'nbs'/'index.ipynb', as_version=4)
    body = '\n\n'.join(t for c in nb.cells if not hidden(c) and (t := as_markdown(c, ROOT/'nbs'/'images'/'index')))
    body = re.sub(r'\]\((?!https?:|#|nbs/)(?P<to>\.\./)?(?P<name>[^)]+)\)', lambda m: f']({m["name"]})' if m['to'] else f'](nbs/{m["name"]})', body)
    (ROOT/'README.md').write_text('<!-- made from nbs/index.ipynb by .ci/notebooks.py: edit the notebook -->\n\n' + body.strip() + '\n', encoding='utf-8')


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('action', choices=['run', 'test', 'tidy', 'readme', 'thumbnails'])
    p.add_argument('notebooks', nargs='*')
    a = p.parse_args()
    if a.action == 'readme': return readme()
    if a.action == 'thumbnails': return thumbnails()
    if not a.notebooks: sys.exit('name at least one notebook')
    for n in a.notebooks:
        print(f'{a.action} {n}', flush=True)
        dict(run=run, test=test, tidy=tidy)[a.action](n)


if __name__ == '__main__': main()
