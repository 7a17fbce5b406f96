insert into customer (id, name, favorite_genre) values
    (1, 'Sam',  'ACTION'),
    (2, 'Sara', 'COMEDY');

select setval(pg_get_serial_sequence('customer', 'id'), (select max(id) from customer));
