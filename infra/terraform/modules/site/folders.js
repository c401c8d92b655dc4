// Runs in CloudFront before each request. Pages lie at FOLDER/index.html; readers ask for FOLDER/, or forget the slash.
// Files without an extension would be taken for folders: `metrics` is the one there is.
var FILES = { '/metrics': true };

function handler(event) {
  var request = event.request;
  var uri = request.uri;
  if (uri.charAt(uri.length - 1) === '/') {
    request.uri = uri + 'index.html';
    return request;
  }
  var name = uri.substring(uri.lastIndexOf('/') + 1);
  if (uri.indexOf('/assets/') === 0 && acceptsBrotli(request.headers)) {
    // Each asset lies there twice: as gzip, and as Brotli beside it.
    request.uri = uri + '.br';
    return request;
  }
  if (FILES[uri] === true || name.indexOf('.') !== -1) {
    return request;
  }
  // With the host in front: of `//elsewhere` alone a browser would make another site.
  var location = 'https://' + request.headers.host.value + uri + '/' + query(request.querystring);
  return {
    statusCode: 301,
    statusDescription: 'Moved Permanently',
    headers: { location: { value: location }, 'cache-control': { value: 'max-age=3600' } },
  };
}

function acceptsBrotli(headers) {
  var accepted = headers['accept-encoding'];
  return accepted !== undefined && /(^|,)\s*br\s*(,|$)/.test(accepted.value);
}

function query(parameters) {
  var parts = [];
  Object.keys(parameters).forEach(function (name) {
    var parameter = parameters[name];
    (parameter.multiValue || [parameter]).forEach(function (it) {
      parts.push(it.value === '' ? name : name + '=' + it.value);
    });
  });
  return parts.length === 0 ? '' : '?' + parts.join('&');
}
