"""Make a book of web pages from the lessons and the library's notebooks, and see that no page and no link is missing.

    pip install -r .ci/book/requirements.txt
    python .ci/book/build.py _book          the pages are in _book/_build/html

The notebooks are copied without what is for nbdev alone: cells marked `hide`, and lines that begin with #|. Nothing is run, and
no network is needed. Prints nothing if all is well.
"""
import argparse
import posixpath
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
NBS = ROOT/'nbs'
WIDGET = 'application/vnd.jupyter.widget-view+json'


def settings():
    "What settings.ini says."
    read = ConfigParser(delimiters=['='])
    read.read(ROOT/'settings.ini', encoding='utf-8')
    return read['DEFAULT']


def pages():
    "The notebooks and Markdown files in nbs, as paths below it."
    found = [path.relative_to(NBS) for ending in ('*.ipynb', '*.md') for path in NBS.rglob(ending)]
    return sorted(path for path in found if not any(part.startswith(('.', '_')) for part in path.parts))


def entries(paths):
    "Chapters of the table of contents."
    return [{'file': path.with_suffix('').as_posix()} for path in paths]


def part_title(folder):
    """The title of a part, from the name of its folder.

    >>> part_title('1_start'), part_title('3_judging')
    ('Part 1: Start', 'Part 3: Judging')
    """
    number, name = folder.split('_', 1)
    return f'Part {number}: {name.replace("_", " ").capitalize()}'


def package_page(folder):
    "The page of the book that lists the notebooks of a package, as a path below nbs."
    return Path(folder)/'index.md'


def packages(paths):
    "The folders of the library that hold notebooks, and these."
    found = {}
    for path in paths:
        if path.parent.parent.name == 'library':
            found.setdefault(path.parent, []).append(path)
    return found


def table_of_contents(paths):
    "Index, lessons by part, what sums them up, and the library by package."
    parts = {}
    for path in paths:
        if re.match(r'\d_', path.parent.name):
            parts.setdefault(part_title(path.parent.name), []).append(path)
    summaries = [path for path in paths if path.parent == Path() and path.stem != 'index']
    listed = [{'caption': title, 'chapters': entries(parts[title])} for title in parts]
    listed.append({'caption': 'On one page', 'chapters': entries(summaries)})
    library = entries(path for path in paths if path.parent.name == 'library')
    for folder, notebooks in packages(paths).items():
        library.append({'file': package_page(folder).with_suffix('').as_posix(), 'sections': entries(notebooks)})
    listed.append({'caption': 'The library', 'chapters': library})
    return {'format': 'jb-book', 'root': 'index', 'parts': listed}


def link_in_book(link, page, names):
    "Where a link of a page leads in the book: what is not in the book leads to the repository."
    target, mark, anchor = link.partition('#')
    if not target or urlsplit(link).scheme:
        return link
    place = posixpath.normpath(posixpath.join('nbs', page.parent.as_posix(), target))
    path = ROOT/place
    if path in [NBS/folder for folder in packages(pages())]:
        return f'{target.rstrip("/")}/index.md{mark}{anchor}'
    if place.startswith('nbs/') and not path.is_dir():
        return link
    kind = 'tree' if path.is_dir() else 'blob'
    return f'{names["git_url"]}/{kind}/{names["branch"]}/{place}{mark}{anchor}'


def markdown_in_book(text, page, names):
    "Markdown with its links turned."
    return re.sub(r'(\]\()([^)\s]+)(\))', lambda found: found[1] + link_in_book(found[2], page, names) + found[3], text)


def code_in_book(cell):
    "A cell of code without the lines for nbdev; these become what the book knows: a text for a picture, code that is not shown."
    alt = re.search(r'^#\|\s*fig-alt:\s*(.*)$', cell.source, re.M)
    if alt:
        cell.metadata['mystnb'] = {'image': {'alt': alt[1].strip()}}
    if re.search(r'^#\|\s*echo:\s*false', cell.source, re.M):
        cell.metadata['tags'] = ['remove-input']
    cell.source = re.sub(r'^#\|.*\n?', '', cell.source, flags=re.M).strip()
    for output in cell.outputs:
        output.get('data', {}).pop(WIDGET, None)
    return cell


def is_hidden(cell):
    "Is the cell for nbdev alone, or empty without its lines for nbdev?"
    source = re.sub(r'^#\|.*\n?', '', cell.source, flags=re.M).strip()
    return bool(re.search(r'^#\|\s*hide\b', cell.source, re.M)) or (cell.cell_type == 'code' and not source)


def copy_page(page, folder, names):
    "Write a page of nbs into the folder of the book's sources."
    copy = folder/page
    copy.parent.mkdir(parents=True, exist_ok=True)
    if page.suffix == '.md':
        copy.write_text(markdown_in_book((NBS/page).read_text(encoding='utf-8'), page, names), encoding='utf-8')
        return
    nb = nbformat.read(NBS/page, as_version=4)
    nb.cells = [cell for cell in nb.cells if not is_hidden(cell)]
    for cell in nb.cells:
        if cell.cell_type == 'code':
            code_in_book(cell)
        else:
            cell.source = markdown_in_book(cell.source, page, names)
    nbformat.write(nb, copy)


def write_sources(folder):
    "All that the book is built from."
    names = settings()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for page in pages():
        copy_page(page, folder, names)
    for package in packages(pages()):
        text = f'# {package.name}\n\nThe notebooks of the package `maskclf.{package.name}`.\n\n```{{tableofcontents}}\n```\n'
        (folder/package_page(package)).write_text(text, encoding='utf-8')
    shutil.copytree(NBS/'images', folder/'images')
    (folder/'_static').mkdir()
    shutil.copy(Path(__file__).parent/'book.css', folder/'_static')
    config = yaml.safe_load((Path(__file__).parent/'config.yml').read_text(encoding='utf-8'))
    config.update(title=names['title'], author=names['author'], copyright=names['copyright'].split(',')[0])
    config['repository'].update(url=names['git_url'], branch=names['branch'])
    (folder/'_config.yml').write_text(yaml.safe_dump(config), encoding='utf-8')
    (folder/'_toc.yml').write_text(yaml.safe_dump(table_of_contents(pages()), sort_keys=False), encoding='utf-8')


class Page(HTMLParser):
    "The links of a web page, and the places in it that a link can lead to."

    def __init__(self, path):
        super().__init__()
        self.links, self.places = set(), set()
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attributes):
        "Note where the tag leads, and its name."
        for name, value in attributes:
            if name in ('href', 'src') and value:
                self.links.add(value)
            elif name in ('id', 'name') and value:
                self.places.add(value)


def dead_links(html):
    "What does not lead anywhere in the folder of web pages, a line for each."
    read = {path: Page(path) for path in html.rglob('*.html') if '_static' not in path.parts}
    for path, page in sorted(read.items()):
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path
            if parts.path:
                target = Path(posixpath.normpath((path.parent/unquote(parts.path)).as_posix()))
            place = unquote(parts.fragment)
            if not target.exists():
                yield f'{path.relative_to(html)}: {link} leads nowhere'
            elif place and target in read and place not in read[target].places:
                yield f'{path.relative_to(html)}: there is no {link}'


def missing_pages(html):
    "Pages of nbs that are not in the book, or that the table of contents does not name."
    listed = Page(html/'index.html').links
    for page in pages():
        name = page.with_suffix('.html').as_posix()
        if not (html/name).exists():
            yield f'{page} is not in the book'
        elif name not in listed and name != 'index.html':
            yield f'{page} is not in the table of contents'
    if not (html/'searchindex.js').exists():
        yield 'the book cannot be searched'


def directives(html):
    "Pages that show a line for nbdev."
    for path in sorted(html.rglob('*.html')):
        text = re.sub(r'<[^>]+>', '', path.read_text(encoding='utf-8'))
        if re.search(r'^\s*#\|\s*(hide|export|fig-alt|slow|echo|default_exp)\b', text, re.M):
            yield f'{path.relative_to(html)} shows a line that is for nbdev'


def build(folder):
    "Build the book below `folder`; the sentences that say what is wrong with it."
    write_sources(folder/'source')
    strict = ['-W', '-n', '--keep-going']
    command = [Path(sys.executable).parent/'jupyter-book', 'build', folder/'source', '--path-output', folder, *strict]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    html = folder/'_build'/'html'
    said = re.sub(r'\x1b\[[\d;]*m', '', done.stdout).replace(f'{folder}/source/', 'nbs/')
    slips = re.findall(r'^.*(?:WARNING|ERROR):.*$', said, re.M)
    if done.returncode and not slips:
        slips = [done.stdout[-3000:]]
    if not html.exists():
        return slips
    return [*slips, *missing_pages(html), *dead_links(html), *directives(html)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=Path, help='folder to build in')
    folder = parser.parse_args().folder.resolve()
    slips = build(folder)
    if slips:
        sys.exit('\n'.join(slips))


if __name__ == '__main__':
    main()
