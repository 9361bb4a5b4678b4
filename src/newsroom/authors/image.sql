-- patch_author: a picture stays whole. Primary key.
select require_image(:body::json -> 'image', image)
  from authors
 where id = :path_id::uuid
