// node server.mjs <where it is installed> <data folder> <HTTP port> <native port> <configuration>:
// one ClickHouse server. Runs until it is killed.
// It ends when its standard input ends, that is with the process that started it, however that
// process ended.
// The library is `clickhouse local`, which opens real listeners on command. It requires no
// password, so it listens on this machine only.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder = '', data, http, tcp, config] = process.argv.slice(2);
const { DataType, load, open } = createRequire(join(folder, 'package.json'))('ffi-rs');
const library = 'chdb';
open({ library, path: join(folder, 'node_modules/@chdb/lib-linux-x64-gnu/libchdb.so') });
// From here on this process runs no JavaScript, so another process waits for the end of the input.
spawn('sh', ['-c', 'cat > /dev/null; kill -9 "$0"', String(process.pid)], {
  stdio: ['inherit', 'ignore', 'ignore'],
});
// The server lives as long as its first query, which sleeps for a day.
const query = `SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP;
  SELECT count() FROM numbers(86400) WHERE NOT ignore(sleepEachRow(1))
  SETTINGS max_block_size = 1, max_threads = 1, function_sleep_max_microseconds_per_block = 0`;
const args = [
  'clickhouse',
  `--config-file=${config}`,
  `--path=${data}`,
  `--http_port=${http}`,
  `--tcp_port=${tcp}`,
  '--listen_host=127.0.0.1',
  '--query',
  query,
];
const result = load({
  library,
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
});
console.error(
  load({
    library,
    funcName: 'chdb_result_error',
    retType: DataType.String,
    paramsType: [DataType.External],
    paramsValue: [result],
  }),
);
process.exit(1);
