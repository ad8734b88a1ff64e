export default { output: 'export', serverExternalPackages: ['perigee'] };
