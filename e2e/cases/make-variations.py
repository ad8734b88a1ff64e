"""Writes the small models of cases.ts that vary the handed ones, into models/ beside this file.

    python3 e2e/cases/make-variations.py

Needs the packages onnx and numpy. Each run writes the same bytes.
"""
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
from onnx import TensorProto as T
from onnx import helper as h

FOLDER = Path(__file__).parent / 'models'
DTYPES = {
    'int8': T.INT8, 'uint8': T.UINT8, 'int16': T.INT16, 'uint16': T.UINT16,
    'int32': T.INT32, 'uint32': T.UINT32, 'int64': T.INT64, 'uint64': T.UINT64,
    'float16': T.FLOAT16, 'float64': T.DOUBLE, 'bool': T.BOOL, 'string': T.STRING,
}
value = h.make_tensor_value_info
node = h.make_node


def save(name, nodes, inputs, outputs, weights=(), sparse=(), opset=13, ml=None, ir=8, extra=()):
    opsets = [h.make_opsetid('', opset)] if opset else []
    opsets += [h.make_opsetid('ai.onnx.ml', ml)] if ml else []
    opsets += [h.make_opsetid(domain, version) for domain, version in extra]
    graph = h.make_graph(nodes, Path(name).stem, inputs, outputs, list(weights),
                         sparse_initializer=list(sparse))
    model = h.make_model(graph, opset_imports=opsets, ir_version=ir, producer_name='')
    path = FOLDER / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(model.SerializeToString())
    assert path.stat().st_size < 2000, name


def array(name, values, dtype=np.float32):
    return onnx.numpy_helper.from_array(np.array(values, dtype), name)


def unnamed(name, dtype, shape):
    """Free dimensions without a name: None in the shape."""
    return value(name, dtype, shape)


def shapes():
    save('free-inputs.onnx', [node('Add', ['a', 'b'], ['s']), node('LpNormalization', ['s'], ['y'])],
         [unnamed('a', T.FLOAT, [None, None]), unnamed('b', T.FLOAT, [None, None])],
         [unnamed('y', T.FLOAT, [None, None])])
    save('reshape-to.onnx', [node('Reshape', ['x', 'to'], ['y'])],
         [value('x', T.FLOAT, ['n', 3]), value('to', T.INT64, ['rank'])], [value('y', T.FLOAT, None)])
    save('zero-size.onnx', [node('Concat', ['past', 'x'], ['y'], axis=1)],
         [value('past', T.FLOAT, [1, 'past', 2]), value('x', T.FLOAT, [1, 'n', 2])],
         [value('y', T.FLOAT, [1, 'all', 2])])


def classifier(name, keys, **zip_map):
    """Two classes. The score of the first is x0 - x1, the score of the second is x1 - x0."""
    labels = {'classlabels_ints': keys} if isinstance(keys[0], int) else {'classlabels_strings': keys}
    kind = T.INT64 if isinstance(keys[0], int) else T.STRING
    nodes = [node('LinearClassifier', ['x'], ['label', 'scores'], domain='ai.onnx.ml',
                  coefficients=[1.0, -1.0, -1.0, 1.0], intercepts=[0.0, 0.0], multi_class=0,
                  post_transform='SOFTMAX', **labels),
             node('ZipMap', ['scores'], ['probabilities'], domain='ai.onnx.ml', **zip_map)]
    maps = onnx.TypeProto()
    pairs = maps.sequence_type.elem_type.map_type
    pairs.key_type = kind
    pairs.value_type.tensor_type.elem_type = T.FLOAT
    save(name, nodes, [unnamed('x', T.FLOAT, [None, 2])],
         [unnamed('label', kind, [None]), h.make_value_info('probabilities', maps)], opset=None, ml=1)


def containers():
    classifier('zipmap-int.onnx', [7, 1234567890123456789],
               classlabels_int64s=[7, 1234567890123456789])
    sequence = h.make_sequence_type_proto(h.make_tensor_type_proto(T.FLOAT, None))
    body = h.make_graph([node('Neg', ['item'], ['negative'])], 'body',
                        [value('item', T.FLOAT, None)], [value('negative', T.FLOAT, None)])
    nodes = [node('SplitToSequence', ['x'], ['rows'], axis=0),
             node('SequenceMap', ['rows'], ['negatives'], body=body)]
    x = value('x', T.FLOAT, ['n', 2])
    save('sequence-map.onnx', nodes + [node('ConcatFromSequence', ['negatives'], ['y'], axis=0)],
         [x], [value('y', T.FLOAT, None), h.make_value_info('negatives', sequence)], opset=17)
    texts = h.make_sequence_type_proto(h.make_tensor_type_proto(T.INT64, None))
    save('sequence-int64.onnx', [node('SplitToSequence', ['ids', 'sizes'], ['parts'], axis=0),
                                 node('SequenceLength', ['parts'], ['count'])],
         [value('ids', T.INT64, ['n'])], [value('count', T.INT64, []), h.make_value_info('parts', texts)],
         [array('sizes', [1, 2], np.int64)], opset=13)
    tensor = h.make_tensor_type_proto(T.FLOAT, None)
    optional = h.make_optional_type_proto(tensor)
    save('optional-out.onnx', [node('Optional', ['x'], ['maybe'])], [x],
         [h.make_value_info('maybe', optional)], opset=15)
    save('sequence-in.onnx', [node('ConcatFromSequence', ['rows'], ['y'], axis=0)],
         [h.make_value_info('rows', sequence)], [value('y', T.FLOAT, None)])


def names():
    save('pixel-names.onnx', [node('Mul', ['width', 'scale'], ['w']), node('Mul', ['w', 'height'], ['a']),
                              node('Cast', ['data'], ['d'], to=T.FLOAT), node('Add', ['a', 'd'], ['y'])],
         [value('width', T.FLOAT, [1]), value('height', T.FLOAT, [1]), value('data', T.UINT8, ['n']),
          value('scale', T.FLOAT, [1])], [value('y', T.FLOAT, ['n'])])
    save('tensor-names.onnx', [node('Add', ['dtype', 'shape'], ['s']), node('Add', ['s', 'data'], ['y'])],
         [value(name, T.FLOAT, [2]) for name in ('dtype', 'shape', 'data')], [value('y', T.FLOAT, [2])])
    save('object-names.onnx', [node('Sub', ['hasOwnProperty', 'constructor'], ['toString'])],
         [value(name, T.FLOAT, [2]) for name in ('hasOwnProperty', 'constructor')],
         [value('toString', T.FLOAT, [2])])
    save('spaces 100%.onnx', [node('Neg', ['my input %20'], ['an output?'])],
         [value('my input %20', T.FLOAT, ['n'])], [value('an output?', T.FLOAT, ['n'])])


def external(name, location, at):
    weight = array(name, np.zeros(4))
    weight.ClearField('raw_data')
    weight.data_location = T.EXTERNAL
    for key, text in {'location': location, **at}.items():
        weight.external_data.add(key=key, value=str(text))
    return weight


def files():
    """Two weights in one file of a subfolder, the second without a length."""
    data = np.arange(24, dtype=np.float32)
    folder = FOLDER / 'weights 100%'
    folder.mkdir(exist_ok=True)
    (folder / 'all.bin').write_bytes(data.tobytes())
    where = 'weights 100%/all.bin'
    save('ext-parts.onnx', [node('Mul', ['x', 'w'], ['m']), node('Add', ['m', 'b'], ['y'])],
         [value('x', T.FLOAT, [4])], [value('y', T.FLOAT, [4])],
         [external('w', where, {'offset': 16, 'length': 16}), external('b', where, {'offset': 80})])


def formats():
    x, y = value('x', T.FLOAT, [1, 3]), value('y', T.FLOAT, [1, 3])
    save('ml-opset-99.onnx', [node('Normalizer', ['x'], ['y'], domain='ai.onnx.ml', norm='L2')],
         [x], [y], ml=99)
    save('own-operator.onnx', [node('Wobble', ['x'], ['y'], domain='my.ops')], [x], [y],
         extra=[('my.ops', 1)])
    save('unsorted.onnx', [node('LpNormalization', ['b'], ['y']), node('Abs', ['a'], ['b']),
                           node('Floor', ['x'], ['a'])], [x], [y])
    save('no-cast.onnx', [node('Cast', ['x'], ['y'], to=T.FLOAT)], [value('x', T.DOUBLE, [1, 3])], [y])
    values = array('w', [5, -1, 2])
    pairs = h.make_sparse_tensor(values, array('at', [[0, 1], [1, 0], [1, 2]], np.int64), [2, 3])
    save('sparse-pairs.onnx', [node('Add', ['x', 'w'], ['y'])], [value('x', T.FLOAT, [2, 3])],
         [value('y', T.FLOAT, [2, 3])], sparse=[pairs])
    scale = array('scale', [2])
    shift = array('shift', [10_000_000_000_000_001], np.int64)
    save('default-pair.onnx', [node('Mul', ['x', 'scale'], ['y']), node('Add', ['shift', 'by'], ['z'])],
         [value('x', T.FLOAT, ['n']), value('scale', T.FLOAT, [1]), value('shift', T.INT64, [1])],
         [value('y', T.FLOAT, ['n']), value('z', T.INT64, [1])],
         [scale, shift, array('by', [1], np.int64)])


def dtypes():
    save('dtypes.onnx', [node('Identity', [name], [f'{name}_out']) for name in DTYPES],
         [value(name, kind, [f'{name}s']) for name, kind in DTYPES.items()],
         [value(f'{name}_out', kind, [f'{name}s']) for name, kind in DTYPES.items()])


for make in (shapes, containers, names, files, formats, dtypes):
    make()
